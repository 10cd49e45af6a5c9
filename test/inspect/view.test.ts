// The inspector looks in passing, by directory and name; the view holds what it shows by a handle, and reads by the
// stores. Whatever tree lies there, under whatever model, both say the same of everything in it.

import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readGuestView } from '../../fixtures/guest-view.js'
import { removeTree } from '../../fixtures/remove-tree.js'
import { restoreTree } from '../../fixtures/restore.js'
import { treesDirectory } from '../../fixtures/trees-directory.js'
import { ErrnoError } from '../../src/errors.js'
import { type DeviceNumber, guestUid } from '../../src/ids.js'
import { Inspector } from '../../src/inspect/inspector.js'
import type { Name } from '../../src/name.js'
import { openModel } from '../../src/ownership/models.js'
import type { GuestStat } from '../../src/ownership/ownership.js'
import { type SecurityModel, securityModels } from '../../src/ownership/security-models.js'
import { O_RDONLY, S_IFDIR, S_IFLNK, S_IFMT } from '../../src/sys/constants.js'
import { openTree } from '../../src/sys/open.js'
import { DescriptorBudget } from '../../src/view/descriptor-budget.js'
import type { Node } from '../../src/view/node.js'
import { type GuestView, openView } from '../../src/view/view.js'
import { FILE, inAttributes, inRecords } from '../ownership/anomalies.js'
import { openDescriptors } from '../support/host/descriptors.js'
import { Guest } from '../support/host/guest.js'
import { plant } from '../support/host/planting.js'

/** glibc's dev_t of which Linux's 9P client takes the low 32 bits: 12 for the major, 20 for the minor number. */
const asLinuxHasIt = ({ major, minor }: DeviceNumber): string => `${major & 0xfff}:${minor & 0xf_ffff}`

/** Undefined where there is none, or none that a message can hold. */
function targetOf(view: GuestView, node: Node, { mode }: GuestStat): string | undefined {
  if ((mode & S_IFMT) !== S_IFLNK) return undefined
  try {
    return view.targetOf(node)
  } catch (cause) {
    if (cause instanceof ErrnoError && ['ENAMETOOLONG', 'EINVAL'].includes(cause.code)) return undefined
    throw cause
  }
}

/** Compares everything that a guest can reach below `root`; answers with how many objects that is. */
function compareAll(root: string, model: SecurityModel): number {
  using exported = openTree(root)
  using view = openView(exported, openModel(model), new DescriptorBudget(1000))
  using inspector = new Inspector({ root, model, names: 'none' })
  let count = 0
  const compare = (node: Node, path: string): void => {
    count++
    const stat = view.stat(node)
    const { guest, target } = inspector.entry(path, false)
    const told = { ...guest, rdev: `${guest.rdev.major}:${guest.rdev.minor}`, target }
    // The target comes last: to read one of the host's own symlinks is an access to it.
    expect(told, path).toEqual({ ...stat, rdev: asLinuxHasIt(stat.rdev), target: targetOf(view, node, stat) })
    if ((stat.mode & S_IFMT) !== S_IFDIR || (stat.host.mode & S_IFMT) !== S_IFDIR) return
    for (const name of namesIn(view, node)) {
      const below = view.lookup(node, name)!
      try {
        compare(below, `${path}/${name}`)
      } finally {
        below.release()
      }
    }
  }
  const top = view.root()
  try {
    compare(top, root)
  } finally {
    top.release()
  }
  return count
}

function namesIn(view: GuestView, node: Node): Name[] {
  const opened = view.open(node, O_RDONLY, guestUid(0))
  try {
    if (opened.kind === 'file') return []
    const names: Name[] = []
    view.readdir(opened, 0n, ({ name }) => (name === '.' || name === '..' || names.push(name), true))
    return names
  } finally {
    opened.close()
  }
}

let before: Record<string, string>
beforeAll(() => {
  before = openDescriptors()
})
afterAll(() => expect(openDescriptors()).toEqual(before))

describe.each(['mapped-xattr', 'mapped-file'] as const)('of the tree that QEMU wrote under %s', (written) => {
  const recording = join(treesDirectory, written)
  let root: string
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'virtfs-recorded-'))
    restoreTree(recording, root)
  })
  afterAll(() => removeTree(root))

  it.each(securityModels)('inspector and view say the same under %s', (model) => {
    const { entries } = readGuestView(join(recording, 'guest-view.jsonl'))
    const count = compareAll(root, model)
    if (model === written) expect(count).toBe(entries.length)
    else expect(count).toBeGreaterThan(entries.length / 2)
  })
})

describe.each([
  ['mapped-xattr', inAttributes],
  ['mapped-file', inRecords],
] as const)('of a tree with everything that can be wrong under %s', (written, anomalies) => {
  let guest: Guest
  beforeAll(() => {
    guest = new Guest(written)
    for (const { title, made = FILE, changes } of anomalies.filter(({ isForNobody }) => !isForNobody)) {
      guest.make(title, { mode: 0o040755 })
      guest.make(`${title}/made`, made)
      plant(guest, title, changes)
    }
  })
  afterAll(() => guest[Symbol.dispose]())

  it.each(securityModels)('inspector and view say the same under %s', (model) => {
    expect(compareAll(guest.tree.path, model)).toBeGreaterThan(anomalies.length)
  })
})
