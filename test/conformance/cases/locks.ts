// Byte-range locks: between owners, between views, and against processes of the host.

import { expect } from 'vitest'
import { F_RDLCK, F_UNLCK, F_WRLCK, O_RDONLY, O_RDWR, O_WRONLY } from '../../../src/sys/constants.js'
import type { LockOwner } from '../../../src/view/locks.js'
import { refusalOf } from '../../support/refusal.js'
import type { ViewedTree } from '../../support/viewed-tree.js'
import type { Case } from '../case.js'
import { hostMayLock } from '../../support/host-lock.js'

const ONE: LockOwner = { procId: 1, clientId: 'guest' }
const TWO: LockOwner = { procId: 2, clientId: 'guest' }
const SAME_NUMBER: LockOwner = { procId: 1, clientId: 'other guest' }
const WHOLE = { start: 0n, length: 0n }

interface Locker {
  lock(type: number, range?: { readonly start: bigint; readonly length: bigint }): boolean
  close(): void
}

/** An owner with an open file of its own, which is closed by `close`. */
function locker(tree: ViewedTree, owner: LockOwner, flags = O_RDWR): Locker {
  const node = tree.node('file')
  const file = tree.open(node, flags)
  file.pin()
  return {
    lock: (type, range = WHOLE) => tree.view.lock(node, file, owner, { type, ...range }),
    close: () => file.close(),
  }
}

/** Ends what a locker keeps open, so that the tree closes its own last. */
function closing(tree: ViewedTree, action: (open: (owner: LockOwner, flags?: number) => Locker) => void): void {
  const opened: Locker[] = []
  tree.write('file', 'content')
  try {
    action((owner, flags) => {
      const made = locker(tree, owner, flags)
      opened.push(made)
      return made
    })
  } finally {
    for (const each of opened) each.close()
  }
}

export const lockCases: readonly Case[] = [
  {
    title: 'two owners exclude each other for writing and share for reading',
    run: (tree) =>
      closing(tree, (open) => {
        const [one, two, namesake] = [open(ONE), open(TWO), open(SAME_NUMBER)]
        expect(one.lock(F_WRLCK)).toBe(true)
        expect([two.lock(F_WRLCK), two.lock(F_RDLCK), namesake.lock(F_RDLCK)]).toEqual([false, false, false])
        expect(one.lock(F_RDLCK)).toBe(true)
        expect([two.lock(F_RDLCK), two.lock(F_WRLCK), namesake.lock(F_RDLCK)]).toEqual([true, false, true])
        expect(one.lock(F_UNLCK)).toBe(true)
        expect(two.lock(F_WRLCK)).toBe(false)
        expect(namesake.lock(F_UNLCK)).toBe(true)
        expect(two.lock(F_WRLCK)).toBe(true)
      }),
  },
  {
    title: 'ranges that do not meet do not exclude each other',
    run: (tree) =>
      closing(tree, (open) => {
        const [one, two] = [open(ONE), open(TWO)]
        expect(one.lock(F_WRLCK, { start: 0n, length: 10n })).toBe(true)
        expect(two.lock(F_WRLCK, { start: 10n, length: 0n })).toBe(true)
        expect(two.lock(F_RDLCK, { start: 9n, length: 1n })).toBe(false)
        expect(one.lock(F_RDLCK, { start: 1n << 40n, length: 1n })).toBe(false)
        expect(one.lock(F_UNLCK, { start: 5n, length: 5n })).toBe(true)
        expect(two.lock(F_WRLCK, { start: 5n, length: 5n })).toBe(true)
      }),
  },
  {
    title: 'one owner does not exclude itself, through whatever it opened',
    run: (tree) =>
      closing(tree, (open) => {
        expect(open(ONE).lock(F_WRLCK)).toBe(true)
        expect(open(ONE).lock(F_WRLCK)).toBe(true)
        expect(open(ONE, O_RDONLY).lock(F_RDLCK)).toBe(true)
      }),
  },
  {
    title: 'what an open file locked is free once it is closed',
    run: (tree) => {
      tree.write('file')
      const node = tree.node('file')
      const held = tree.view.open(node, O_WRONLY, tree.owner.uid)
      if (held.kind !== 'file') throw new Error('Cannot lock a directory')
      expect(tree.view.lock(node, held, ONE, { type: F_WRLCK, ...WHOLE })).toBe(true)
      expect(tree.view.findLock(node, TWO, { type: F_WRLCK, ...WHOLE })).toEqual({ type: F_WRLCK, ...WHOLE })
      held.close()
      expect(tree.view.findLock(node, TWO, { type: F_WRLCK, ...WHOLE })).toBeUndefined()
    },
  },
  {
    title: 'asking tells whose range is in the way, and nothing of one’s own',
    run: (tree) =>
      closing(tree, (open) => {
        open(ONE).lock(F_RDLCK, { start: 5n, length: 3n })
        const find = (owner: LockOwner, type: number, start: bigint): unknown =>
          tree.view.findLock(tree.node('file'), owner, { type, start, length: 1n })
        expect(find(TWO, F_WRLCK, 6n)).toEqual({ type: F_RDLCK, start: 5n, length: 3n })
        expect(find(TWO, F_RDLCK, 6n)).toBeUndefined()
        expect(find(TWO, F_WRLCK, 8n)).toBeUndefined()
        expect(find(ONE, F_WRLCK, 6n)).toBeUndefined()
      }),
  },
  {
    title: 'owners of two views exclude each other',
    run: (tree) => {
      tree.write('file')
      using other = tree.secondView()
      const [here, there] = [tree.open('file', O_RDWR), other.open('file', O_RDWR)]
      expect(tree.view.lock(tree.node('file'), here, ONE, { type: F_WRLCK, ...WHOLE })).toBe(true)
      expect(other.view.lock(other.node('file'), there, ONE, { type: F_RDLCK, ...WHOLE })).toBe(false)
      tree.view.lock(tree.node('file'), here, ONE, { type: F_UNLCK, ...WHOLE })
      expect(other.view.lock(other.node('file'), there, ONE, { type: F_RDLCK, ...WHOLE })).toBe(true)
    },
  },
  {
    title: 'a process of the host is excluded, and excludes',
    needs: ['root'],
    run: (tree) =>
      closing(tree, (open) => {
        const one = open(ONE)
        one.lock(F_WRLCK, { start: 3n, length: 4n })
        expect(hostMayLock(tree.at('file'), 3, 4)).toBe(false)
        expect(hostMayLock(tree.at('file'), 7, 4)).toBe(true)
        one.lock(F_UNLCK)
        expect(hostMayLock(tree.at('file'), 3, 4)).toBe(true)
      }),
  },
  {
    title: 'a range that begins beyond every file is refused (EINVAL)',
    run: (tree) =>
      closing(tree, (open) => {
        const one = open(ONE)
        expect(refusalOf(() => one.lock(F_WRLCK, { start: 1n << 63n, length: 1n }))).toBe('EINVAL')
        expect(one.lock(F_WRLCK)).toBe(true)
      }),
  },
]
