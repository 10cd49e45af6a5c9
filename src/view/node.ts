// A node is an object of the guest's tree: a host inode, and the name under which it was reached. Fids hold nodes.
//
// Nodes of one directory are shared by name, so that a rename made through the view is seen by every fid at once, and
// one below a renamed directory follows without being touched. A node whose name was removed, replaced or found to
// mean another inode is detached: it keeps its inode and loses its place.

import type { Ownership } from '../ownership/ownership.js'
import type { Place, StoredObject } from '../ownership/store.js'
import type { Name } from '../name.js'
import type { Fd } from '../sys/fd.js'
import { type HostStat, statxAt } from '../sys/stat.js'
import { findAgain } from './find-again.js'
import type { Inode } from './inode.js'

export class Node implements StoredObject {
  /** Fids and child nodes that refer to this node. */
  private refs = 0
  private isDetached = false
  private children: Map<Name, Node> | undefined

  private constructor(
    readonly inode: Inode,
    private parentNode: Node | undefined,
    private placeName: Name,
  ) {
    inode.refs += 1
    inode.home ??= this
  }

  /** Makes the root's node, referred to once. */
  static root(inode: Inode): Node {
    const node = new Node(inode, undefined, '' as Name)
    inode.home = undefined
    return node.acquire()
  }

  /** The node of `name` in this directory, found to be `inode`; referred to once more. */
  child(name: Name, inode: Inode): Node {
    const known = this.children?.get(name)
    if (known !== undefined) {
      if (known.inode === inode) {
        inode.home ??= known
        return known.acquire()
      }
      known.detach()
    }
    const node = new Node(inode, this.acquire(), name)
    this.children ??= new Map<Name, Node>()
    this.children.set(name, node)
    return node.acquire()
  }

  /** The node known for `name`, not referred to anew; whether the host still agrees is another question. */
  knownChild(name: Name): Node | undefined {
    return this.children?.get(name)
  }

  get parent(): Node | undefined {
    return this.parentNode
  }

  get name(): Name {
    return this.placeName
  }

  get isRoot(): boolean {
    return this.parentNode === undefined
  }

  get dev(): number {
    return this.inode.dev
  }

  get ino(): bigint {
    return this.inode.ino
  }

  get remembered(): Ownership | undefined {
    return this.inode.remembered
  }

  set remembered(ownership: Ownership | undefined) {
    this.inode.remembered = ownership
  }

  handle(): Fd {
    return this.inode.inodes.handle(this.inode)
  }

  readable(): Fd | undefined {
    return this.inode.inodes.readable(this.inode)
  }

  /** Where the object is: this node's place or, when it lost its own, that of another name known for the inode. */
  place(): Place | undefined {
    if (this.parentNode === undefined) return undefined
    if (!this.isDetached) return { dir: this.parentNode.handle(), name: this.placeName }
    const home = this.inode.home
    return home === undefined || home.parentNode === undefined
      ? undefined
      : { dir: home.parentNode.handle(), name: home.placeName }
  }

  /** Looks for the object by what the host says of its handle, and moves the node there; else by its further names. */
  findPlace(): Place | undefined {
    return findAgain(this) ? this.place() : this.inode.furtherPlace()
  }

  /** This node's own place, if the host agrees that it still means this inode; undefined otherwise. */
  confirmedPlace(): { readonly dir: Node; readonly name: Name } | undefined {
    if (this.parentNode === undefined || this.isDetached) return undefined
    const stat = statxAt(this.parentNode.handle(), this.placeName)
    return stat !== undefined && this.isStillAt(stat) ? { dir: this.parentNode, name: this.placeName } : undefined
  }

  /** True when `stat`, just taken at this node's place, is of its inode. An open handle rules out a reused number. */
  isStillAt(stat: HostStat): boolean {
    return this.inode.isSame(stat)
  }

  acquire(): this {
    this.refs += 1
    return this
  }

  /** Lets go of one reference; the last one releases the inode and the parent, and so on upwards. */
  release(): void {
    Node.releaseUpwards(this)
  }

  /** A loop, since a guest may have made a path deeper than our stack. */
  private static releaseUpwards(lowest: Node): void {
    for (let node: Node | undefined = lowest; node !== undefined; node = node.parentNode) {
      node.refs -= 1
      if (node.refs > 0) return
      if (node.inode.refs > 1 && node.parentNode !== undefined && !node.isDetached)
        node.inode.addFurtherName(node.parentNode, node.placeName)
      node.leave()
      node.inode.refs -= 1
      if (node.inode.refs === 0) node.inode.inodes.forget(node.inode)
    }
  }

  /** Takes the node out of its place: its name is gone or means something else now. */
  detach(): void {
    if (this.isDetached || this.parentNode === undefined) return
    this.leave()
    this.isDetached = true
  }

  /** Puts the node in another place: its name was changed through the view. */
  moveTo(dir: Node, name: Name): void {
    this.leave()
    this.isDetached = false
    const former = this.parentNode
    this.parentNode = dir.acquire()
    this.placeName = name
    dir.children ??= new Map<Name, Node>()
    dir.children.set(name, this)
    this.inode.home ??= this
    former?.release()
  }

  private leave(): void {
    if (!this.isDetached) this.parentNode?.children?.delete(this.placeName)
    if (this.inode.home === this) this.inode.home = undefined
  }
}
