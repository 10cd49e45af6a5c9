// What was just made is given to the guest's user, and may get set-id bits. A process of the host that may write in the
// directory could put a hard link of somebody else's file in its place first: it must not be given away.

import { linkSync, rmSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Operation, operations } from '../support/operations.js'
import { type Attack, race, racedModels } from '../support/race.js'
import { snapshot } from '../support/snapshot.js'

const attack: Attack = {
  title: 'a hard link of a file outside',
  strike: ({ path, outside }) => {
    for (const name of ['one/new', 'one/empty/new']) {
      rmSync(`${path}/${name}`, { force: true, recursive: true })
      linkSync(`${outside}/canary`, `${path}/${name}`)
    }
  },
}

const makers: readonly Operation[] = operations.filter(({ title }) =>
  ['create', 'create where no guest has made anything', 'mkdir', 'mknod', 'symlink'].includes(title),
)

it('every operation that makes objects is tried', () => expect(makers).toHaveLength(5))

describe.each(racedModels)('%s', (model) => {
  it.each(makers)('$title gives away nothing but what it made', (operation) => {
    race(model, operation, attack, {
      look: ({ outside }) => snapshot(outside),
      verify: ({ tree, when, struck }) => expect([when, snapshot(tree.outside)]).toEqual([when, struck]),
    })
  })
})
