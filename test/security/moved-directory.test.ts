// A process of the host moves a directory out of the export while a guest is in it, in every window between two of our
// system calls. What is in the directory stays the guest's, as for any process that has it open; what it was moved to is
// out of reach, and ".." still leads to where it was.

import { renameSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { lookups, operations } from '../support/operations.js'
import { type Attack, race, racedModels } from '../support/race.js'
import { snapshot, type Snapshot } from '../support/snapshot.js'
import { ViewedTree } from '../support/viewed-tree.js'

const attack: Attack = {
  title: 'moving the directory out of the export',
  strike: ({ path, outside }) => renameSync(`${path}/one`, `${outside}/cage/one`),
}

/** What is outside, but for what was moved there. */
const around = ({ outside }: ViewedTree): Snapshot =>
  Object.fromEntries(Object.entries(snapshot(outside)).filter(([path]) => !path.startsWith('/cage/one')))

describe.each(racedModels)('%s', (model) => {
  it.each([...operations, ...lookups])('$title reaches nothing around a directory that was moved away', (operation) => {
    race(model, operation, attack, {
      look: around,
      verify: ({ tree, when, struck }) => expect([when, around(tree)]).toEqual([when, struck]),
    })
  })

  it('".." of a directory that was moved away is the root that it was in', () => {
    using tree = new ViewedTree(model)
    tree.mkdir('one')
    tree.mkdir('one/two')
    tree.write('one/two/file', 'content')
    const [one, two] = [tree.node('one'), tree.node('one/two')]
    attack.strike(tree)
    expect(tree.find('..', one)?.isRoot).toBe(true)
    expect(tree.find('../..', two)?.isRoot).toBe(true)
    expect(tree.find('../../file', one)).toBeUndefined()
    expect(tree.content(tree.find('file', two)!)).toBe('content')
    expect(tree.find('one')).toBeUndefined()
    expect(tree.names('')).toEqual([])
  })
})
