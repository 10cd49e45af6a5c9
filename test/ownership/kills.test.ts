// The server is killed before every system call of an operation. Whatever is then in the tree, each object that was there
// has the ownership from before or from after, never somebody else's; and doing the operation again finishes it.

import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { securityModels, type SecurityModel } from '../../src/ownership/security-models.js'
import { killedAt } from '../support/host/faults.js'
import { Guest } from '../support/host/guest.js'
import { snapshot } from '../support/host/snapshot.js'
import { type Operation, operations } from './operations.js'

/** An object of the tree that an operation started from: where it was, and what the guest sees of it under each name. */
type Inventory = Map<bigint, string[]>

function inventory(guest: Guest): Inventory {
  const found: Inventory = new Map()
  const visit = (relative: string): void => {
    const { ino } = lstatSync(guest.tree.at(relative), { bigint: true })
    found.set(ino, [...(found.get(ino) ?? []), guest.show(relative)])
    if (!lstatSync(guest.tree.at(relative)).isDirectory()) return
    for (const name of readdirSync(guest.tree.at(relative))) {
      if (!name.startsWith('.virtfs_metadata')) visit(join(relative, name))
    }
  }
  visit('')
  return found
}

/** The objects before, each with what it may look like when the operation is over: undefined where it is gone. */
function undisturbed(
  model: SecurityModel,
  operation: Operation,
): { before: string[][]; after: (string[] | undefined)[] } {
  using guest = new Guest(model)
  operation.prepare(guest)
  const before = inventory(guest)
  operation.run(guest)
  const after = inventory(guest)
  return { before: [...before.values()], after: [...before.keys()].map((ino) => after.get(ino)) }
}

/** Runs the operation on fresh trees, killed earlier than its end; hands each tree over, with its objects in order. */
function killedRuns(
  model: SecurityModel,
  operation: Operation,
  check: (left: (string[] | undefined)[], guest: Guest, n: number) => void,
): void {
  for (let n = 1; ; n++) {
    using guest = new Guest(model)
    operation.prepare(guest)
    const before = [...inventory(guest).keys()]
    if (!killedAt(n, () => operation.run(guest))) return
    const left = inventory(guest)
    check(
      before.map((ino) => left.get(ino)),
      guest,
      n,
    )
  }
}

const titled = (prefix: string) =>
  operations.filter(({ title }) => title.startsWith(prefix)).map((operation) => [operation.title, operation] as const)

describe.each(securityModels)('%s', (model) => {
  it.each(titled('renaming'))('%s never parts an object from its ownership', (_title, operation) => {
    const { before, after } = undisturbed(model, operation)
    using finished = new Guest(model)
    operation.prepare(finished)
    operation.run(finished)
    const done = snapshot(finished.tree.path).objects
    killedRuns(model, operation, (left, guest, n) => {
      for (const [index, shown] of left.entries()) {
        // What is being replaced may show what replaces it for as long as it is still there.
        if (after[index] === undefined) continue
        for (const ownership of shown ?? ['lost']) expect(before[index], `killed before call ${n}`).toContain(ownership)
      }
      try {
        operation.run(guest)
      } catch (cause) {
        // It was done already.
        expect(cause).toMatchObject({ code: 'ENOENT' })
      }
      expect(snapshot(guest.tree.path).objects, `killed before call ${n} and done again`).toEqual(done)
    })
  })

  it.each(titled('removing'))('%s removes the object or leaves it with its ownership', (_title, operation) => {
    const { before, after } = undisturbed(model, operation)
    killedRuns(model, operation, (left, _guest, n) => {
      for (const [index, shown] of left.entries()) {
        if (after[index] !== undefined) expect(shown, `killed before call ${n}`).toBeDefined()
        for (const ownership of shown ?? []) expect(before[index], `killed before call ${n}`).toContain(ownership)
      }
    })
  })

  it.each(titled('changing'))('%s leaves each member as before or as after', (_title, operation) => {
    const { before, after } = undisturbed(model, operation)
    const members = (ownership: string): string[] => ownership.split(/[: ]/)
    killedRuns(model, operation, (left, _guest, n) => {
      for (const [index, shown] of left.entries()) {
        const [was, becomes, is] = [before[index], after[index], shown].map((all) => members(all?.[0] ?? 'lost'))
        is!.forEach((member, at) => expect([was![at], becomes![at]], `killed before call ${n}`).toContain(member))
      }
    })
  })

  it.each(titled('linking'))('%s leaves the object its ownership', (_title, operation) => {
    const { before } = undisturbed(model, operation)
    killedRuns(model, operation, (left, _guest, n) => {
      for (const [index, shown] of left.entries()) {
        // The first name is the one it had; what the new name shows meanwhile is that of a file made by the host.
        expect(shown?.length, `killed before call ${n}`).toBeGreaterThan(0)
        expect(shown, `killed before call ${n}`).toContain(before[index]![0])
      }
    })
  })
})

describe('mapped-file', () => {
  it('changes all members of a record or none', () => {
    const operation = operations.find(({ title }) => title === 'changing everything')!
    const { before, after } = undisturbed('mapped-file', operation)
    killedRuns('mapped-file', operation, (left, _guest, n) => {
      left.forEach((shown, index) =>
        expect([before[index], after[index]], `killed before call ${n}`).toContainEqual(shown),
      )
    })
  })
})
