// Every system call of every operation fails once, for three reasons. Then either the operation is done, or nothing is:
// every object is there as before, with its owner, mode, links, content, attributes and record; there is no metadata
// directory that was not there, and no record without an object that was not there. (One that was may be gone.)

import { describe, expect, it } from 'vitest'
import { type ErrnoName, ErrnoError } from '../../src/errors.js'
import { securityModels, type SecurityModel } from '../../src/ownership/security-models.js'
import { openDescriptors } from '../support/host/descriptors.js'
import { withFault } from '../support/host/faults.js'
import { Guest } from '../support/host/guest.js'
import { type Snapshot, snapshot } from '../support/host/snapshot.js'
import { type Operation, operations } from './operations.js'

/** A tree as the operation starts from, and what it looks like. */
class Attempt implements Disposable {
  readonly guest: Guest
  readonly before: Snapshot

  constructor(model: SecurityModel, { prepare }: Operation) {
    this.guest = new Guest(model)
    prepare(this.guest)
    this.before = this.look()
  }

  look(): Snapshot {
    return snapshot(this.guest.tree.path)
  }

  [Symbol.dispose](): void {
    this.guest[Symbol.dispose]()
  }
}

/** The tree after an undisturbed run. */
function outcome(model: SecurityModel, operation: Operation): Snapshot {
  using attempt = new Attempt(model, operation)
  operation.run(attempt.guest)
  return attempt.look()
}

const reasons: readonly ErrnoName[] = ['EIO', 'ENOSPC', 'EPERM']

const titled = operations.map((operation) => [operation.title, operation] as const)

describe.each(securityModels)('%s', (model) => {
  // none makes an object whose owner is refused all the same.
  const comparable = (objects: Snapshot['objects']): string[] =>
    Object.entries(objects).map(([path, text]) => `${path} ${model === 'none' ? text.replace(/owner \S+/, '') : text}`)

  it.each(titled)('%s is done or not done, whichever call fails', (_title, operation) => {
    const done = outcome(model, operation)

    /** Fails one call of one run, on a tree that is then used up unless it is exactly as before. */
    const fail = (n: number, reason: ErrnoName, attempt: Attempt): 'past the end' | 'used up' | 'as before' => {
      const { guest, before } = attempt
      const descriptors = openDescriptors()
      let failure: unknown
      let call: string | undefined
      try {
        call = withFault(n, reason, () => operation.run(guest))
      } catch (cause) {
        failure = cause
      }
      const what = `call ${n} (${call ?? String(failure)}) failing with ${reason}`
      expect(openDescriptors(), what).toEqual(descriptors)
      const after = attempt.look()
      if (failure === undefined) {
        expect(comparable(after.objects), what).toEqual(comparable(done.objects))
        expect(after.metadataDirectories, what).toEqual(done.metadataDirectories)
        return call === undefined ? 'past the end' : 'used up'
      }
      expect(failure, what).toBeInstanceOf(ErrnoError)
      expect(after.objects, what).toEqual(before.objects)
      expect(after.metadataDirectories, what).toEqual(before.metadataDirectories)
      expect(before.orphans, what).toEqual(expect.arrayContaining([...after.orphans]))
      return before.orphans.length === after.orphans.length ? 'as before' : 'used up'
    }

    for (const reason of reasons) {
      let attempt = new Attempt(model, operation)
      try {
        for (let n = 1; ; n++) {
          const left = fail(n, reason, attempt)
          if (left === 'past the end') break
          if (left === 'as before') continue
          attempt[Symbol.dispose]()
          attempt = new Attempt(model, operation)
        }
      } finally {
        attempt[Symbol.dispose]()
      }
    }
  })
})
