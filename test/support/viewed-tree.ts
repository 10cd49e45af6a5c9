// A directory exported under one security model and worked in through a view by path, beside a directory that is not
// exported. What the view hands out is kept until the end, so that a test can say what it did in one line each.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { bestEffort, ErrnoError } from '../../src/errors.js'
import { type DeviceNumber, type GuestUid, guestGid, guestUid } from '../../src/ids.js'
import { checkName, type Name } from '../../src/name.js'
import { type SecurityModel } from '../../src/ownership/security-models.js'
import { openModel } from '../../src/ownership/models.js'
import type { GuestStat } from '../../src/ownership/ownership.js'
import type { Model } from '../../src/ownership/store.js'
import { O_CREAT, O_RDONLY, O_RDWR } from '../../src/sys/constants.js'
import { type Fd } from '../../src/sys/fd.js'
import { openTree } from '../../src/sys/open.js'
import type { AttributeChange } from '../../src/view/attributes.js'
import type { Owner } from '../../src/view/create.js'
import { DescriptorBudget } from '../../src/view/descriptor-budget.js'
import type { Node } from '../../src/view/node.js'
import type { GuestDirent, OpenDirectory } from '../../src/view/open-directory.js'
import type { OpenFile } from '../../src/view/open-file.js'
import { type GuestView, openView } from '../../src/view/view.js'
import { isRoot } from './host/nobody.js'
import { HostTree } from './host/tree.js'

export const ROOT_USER = guestUid(0)
const NO_DEVICE: DeviceNumber = { major: 0, minor: 0 }

/** Splits a path into names without the refusals of the wire: a test says what it means. */
const namesOf = (path: string): string[] => path.split('/').filter((part) => part !== '')
const toName = (latin1: string): Name => checkName(latin1, { dot: 'EINVAL', dotDot: 'EINVAL' })

export interface ViewedTreeOptions {
  /** The budget of descriptors. */
  readonly most?: number | undefined
  /** Another view of the same tree, which must outlive this one. */
  readonly beside?: ViewedTree | undefined
  /** Where to make the tree. */
  readonly parent?: string | undefined
}

export class ViewedTree implements Disposable {
  readonly model: Model
  readonly budget: DescriptorBudget
  readonly view: GuestView
  /** Whom new objects belong to: strangers where the model can keep them, and otherwise whoever runs this. */
  readonly owner: Owner
  /** The exported directory's path on the host, and that of the directory beside it. */
  readonly path: string
  readonly outside: string
  readonly #host: HostTree
  readonly #ownsHost: boolean
  readonly #exported: Fd
  #isEnded = false
  readonly #nodes: Node[] = []
  readonly #opened: (OpenFile | OpenDirectory)[] = []

  constructor(
    readonly modelName: SecurityModel,
    { most = 1000, beside, parent }: ViewedTreeOptions = {},
  ) {
    this.model = openModel(modelName)
    this.#ownsHost = beside === undefined
    this.#host = beside === undefined ? new HostTree(parent) : beside.#host
    this.path = this.#host.at('export')
    this.outside = this.#host.at('outside')
    if (this.#ownsHost) this.#furnish()
    this.#exported = openTree(Buffer.from(this.path).toString('latin1'))
    this.budget = new DescriptorBudget(most)
    this.view = openView(this.#exported, this.model, this.budget)
    const owner = this.keepsOwners ? [1000, 1001] : [process.geteuid?.(), process.getegid?.()]
    this.owner = { uid: guestUid(owner[0] ?? 0), gid: guestGid(owner[1] ?? 0) }
  }

  #furnish(): void {
    mkdirSync(this.path, { mode: 0o755 })
    mkdirSync(this.outside)
    writeFileSync(`${this.outside}/canary`, 'sings')
    mkdirSync(`${this.outside}/cage`)
    writeFileSync(`${this.outside}/cage/file`, 'untouched')
  }

  /** True where any owner can be kept, by the model or by the privilege of whoever runs this. */
  get keepsOwners(): boolean {
    return this.model.capabilities.keepsAnyOwner || (isRoot && process.geteuid?.() === 0)
  }

  /** The host's path of a guest path, as bytes: names need not be text. */
  at(path: string): Buffer {
    return Buffer.concat([Buffer.from(`${this.path}/`), Buffer.from(path, 'latin1')])
  }

  /** The node at `path`, held until the end; undefined where there is nothing. "." and ".." are walked as the view does. */
  find(path: string, from?: Node): Node | undefined {
    let node: Node | undefined = from?.acquire() ?? this.view.root()
    for (const part of namesOf(path)) {
      const next: Node | undefined = use(node, (dir) =>
        this.view.lookup(dir, part === '.' || part === '..' ? part : toName(part)),
      )
      if (next === undefined) return undefined
      node = next
    }
    this.#nodes.push(node)
    return node
  }

  /** The node of what must be there. */
  node(path: string): Node {
    const node = this.find(path)
    if (node === undefined) throw new ErrnoError('ENOENT', { op: 'find', path })
    return node
  }

  stat(path: string | Node): GuestStat {
    return this.view.stat(this.#on(path))
  }

  /** `uid:gid mode` of the guest's view. */
  show(path: string | Node): string {
    const { uid, gid, mode } = this.stat(path)
    return `${uid}:${gid} 0${mode.toString(8)}`
  }

  mkdir(path: string, mode = 0o755, owner = this.owner): GuestStat {
    return this.#in(path, (dir, name) => this.view.mkdir(dir, name, mode, owner))
  }

  mknod(path: string, mode: number, rdev = NO_DEVICE, owner = this.owner): GuestStat {
    return this.#in(path, (dir, name) => this.view.mknod(dir, name, mode, rdev, owner))
  }

  symlink(target: string, path: string, owner = this.owner): GuestStat {
    return this.#in(path, (dir, name) => this.view.symlink(dir, name, target, owner))
  }

  readlink(path: string | Node): string {
    return this.view.readlink(this.#on(path))
  }

  /** Creates and opens a file, as a client that means to have it open until the end. */
  create(path: string, flags = O_RDWR, mode = 0o644, owner = this.owner): OpenFile {
    const { node, file } = this.#in(path, (dir, name) =>
      this.view.create(dir, name, flags | O_CREAT, mode, owner, owner.uid),
    )
    this.#nodes.push(node)
    return this.#keep(asFile(file))
  }

  /** Makes a file that holds `content` and is not open. */
  write(path: string, content = '', mode = 0o644): void {
    const { node, file } = this.#in(path, (dir, name) =>
      this.view.create(dir, name, O_RDWR | O_CREAT, mode, this.owner, this.owner.uid),
    )
    this.view.write(node, asFile(file), Buffer.from(content, 'latin1'), 0, ROOT_USER)
    file.close()
    node.release()
  }

  open(path: string | Node, flags = O_RDONLY, uid: GuestUid = ROOT_USER): OpenFile {
    return this.#keep(asFile(this.view.open(this.#on(path), flags, uid)))
  }

  openDirectory(path: string | Node, flags = O_RDONLY): OpenDirectory {
    const opened = this.view.open(this.#on(path), flags, ROOT_USER)
    if (opened.kind !== 'directory') throw new Error('Cannot list what opened as a file')
    return this.#keep(opened)
  }

  /** What a file holds, as Latin-1. */
  content(path: string | Node | OpenFile, offset = 0): string {
    if (typeof path === 'object' && 'kind' in path) return read(path, offset)
    const file = asFile(this.view.open(this.#on(path), O_RDONLY, ROOT_USER))
    try {
      return read(file, offset)
    } finally {
      file.close()
    }
  }

  /** Every entry of a directory but "." and "..", sorted by name. */
  list(path: string | Node): GuestDirent[] {
    const directory = asDirectory(this.view.open(this.#on(path), O_RDONLY, ROOT_USER))
    try {
      return entriesOf(directory)
        .filter(({ name }) => name !== '.' && name !== '..')
        .sort((a, b) => (a.name < b.name ? -1 : 1))
    } finally {
      directory.close()
    }
  }

  names(path: string | Node): string[] {
    return this.list(path).map(({ name }) => name)
  }

  setattr(path: string | Node, change: AttributeChange, uid = ROOT_USER, open?: OpenFile): void {
    this.view.setattr(this.#on(path), change, uid, open)
  }

  chmod(path: string | Node, mode: number): void {
    this.setattr(path, { mode })
  }

  chown(path: string | Node, uid: number, gid: number): void {
    this.setattr(path, { uid: guestUid(uid), gid: guestGid(gid) })
  }

  link(from: string | Node, to: string): void {
    const node = this.#on(from)
    this.#in(to, (dir, name) => this.view.link(node, dir, name))
  }

  rename(from: string, to: string): void {
    this.#in(from, (fromDir, fromName) =>
      this.#in(to, (toDir, toName) => this.view.rename(fromDir, fromName, toDir, toName)),
    )
  }

  unlink(path: string): void {
    this.#in(path, (dir, name) => this.view.unlink(dir, name, false))
  }

  rmdir(path: string): void {
    this.#in(path, (dir, name) => this.view.unlink(dir, name, true))
  }

  getxattr(path: string | Node, name: string): string {
    return this.view.getxattr(this.#on(path), name).toString('latin1')
  }

  setxattr(path: string | Node, name: string, value: string, flags = 0): void {
    this.view.setxattr(this.#on(path), name, Buffer.from(value, 'latin1'), flags)
  }

  removexattr(path: string | Node, name: string): void {
    this.view.removexattr(this.#on(path), name)
  }

  listxattr(path: string | Node): string[] {
    return this.view.listxattr(this.#on(path)).toString('latin1').split('\0').slice(0, -1).sort()
  }

  /** A view of the same tree as another connection would have it. */
  secondView(): ViewedTree {
    return new ViewedTree(this.modelName, { beside: this })
  }

  /** A bare view of the same tree, for a session or a server to own. */
  openView(): GuestView {
    return openView(this.#exported, this.model, this.budget)
  }

  /** Gives back everything taken so far: the way a session ends. */
  releaseAll(): void {
    for (const opened of this.#opened.splice(0)) opened.close()
    for (const node of this.#nodes.splice(0)) node.release()
  }

  /** What the view holds once everything was given back. Its root, and one descriptor for it, are all there may be. */
  leftovers(): { readonly inodes: number; readonly descriptors: number; readonly rootRefs: unknown } {
    const root = this.view.root()
    const rootRefs: unknown = Reflect.get(root, 'refs')
    root.release()
    return { inodes: this.view.inodesInUse, descriptors: this.budget.inUse, rootRefs }
  }

  /** Ends the view, as the end of a server does: nothing of the tree is open any more, and it may be converted. */
  endView(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.releaseAll()
    this.view[Symbol.dispose]()
    this.#exported.close()
  }

  /** Ends the view and removes everything. */
  [Symbol.dispose](): void {
    this.endView()
    if (!this.#ownsHost) return
    // Node removes by path, and a test may have made paths longer than the kernel takes.
    bestEffort(() => this.#host[Symbol.dispose]())
    if (existsSync(this.#host.path)) execFileSync('rm', ['-rf', '--', this.#host.path])
  }

  #on(path: string | Node): Node {
    return typeof path === 'string' ? this.node(path) : path
  }

  #in<T>(path: string, action: (dir: Node, name: Name) => T): T {
    const parts = namesOf(path)
    const name = toName(parts.pop() ?? '')
    return action(this.node(parts.join('/')), name)
  }

  #keep<T extends OpenFile | OpenDirectory>(opened: T): T {
    this.#opened.push(opened)
    return opened
  }
}

/** What `leftovers` says when nothing was forgotten. */
export const NOTHING_LEFT = { inodes: 1, descriptors: 1, rootRefs: 2 }

function use<T>(node: Node, action: (node: Node) => T): T {
  try {
    return action(node)
  } finally {
    node.release()
  }
}

function asFile(opened: OpenFile | OpenDirectory): OpenFile {
  if (opened.kind === 'file') return opened
  opened.close()
  throw new Error('Cannot read what opened as a directory')
}

function asDirectory(opened: OpenFile | OpenDirectory): OpenDirectory {
  if (opened.kind === 'directory') return opened
  opened.close()
  throw new Error('Cannot list what opened as a file')
}

function read(file: OpenFile, offset: number): string {
  const into = Buffer.alloc(65_536)
  return into.toString('latin1', 0, file.read(into, offset))
}

/** All entries from the beginning on, "." and ".." included. */
export function entriesOf(directory: OpenDirectory): GuestDirent[] {
  const entries: GuestDirent[] = []
  directory.read(0n, (entry) => {
    entries.push(entry)
    return true
  })
  return entries
}
