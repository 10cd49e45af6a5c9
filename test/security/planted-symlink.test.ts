// CVE-2016-9602: a symlink planted in a path, by a guest through another protocol or by a process of the host, led
// operations out of the export. Here it is planted in every window between two of our system calls.

import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { lookups, operations } from '../support/operations.js'
import { type Attack, race, racedModels } from '../support/race.js'
import { snapshot } from '../support/snapshot.js'
import type { ViewedTree } from '../support/viewed-tree.js'

/** Makes what operations name exist outside too, so that whoever follows finds something to harm. */
function bait({ outside }: ViewedTree): void {
  for (const directory of ['two', 'empty', 'used']) mkdirSync(`${outside}/${directory}`)
  for (const file of ['file', 'host', 'two/other']) writeFileSync(`${outside}/${file}`, `outside ${file}`)
}

const isAbsence = (cause: unknown): boolean => (cause as NodeJS.ErrnoException).code === 'ENOENT'

/** Puts a symlink to what is outside in the place of `path`, or where nothing is. */
function plant(tree: ViewedTree, path: string, target: string): void {
  const at = `${tree.path}/${path}`
  const steps = [
    () => renameSync(at, `${tree.path}/aside-${path.replaceAll('/', '-')}`),
    () => symlinkSync(`${tree.outside}/${target}`, at),
  ]
  for (const step of steps) {
    try {
      step()
    } catch (cause) {
      // The operation may have removed the name, or the directory that it was in.
      if (!isAbsence(cause)) throw cause
    }
  }
}

const attacks: readonly Attack[] = [
  { title: 'the directory', strike: (tree) => plant(tree, 'one', '.') },
  {
    title: 'the directories in it',
    strike: (tree) => {
      for (const name of ['two', 'empty', 'used']) plant(tree, `one/${name}`, name)
    },
  },
  {
    title: 'the objects in it, and the names to be made',
    strike: (tree) => {
      for (const name of ['file', 'host', 'two/other', 'symlink']) plant(tree, `one/${name}`, name)
      for (const name of ['new', 'two/new', 'empty/new']) plant(tree, `one/${name}`, 'planted')
    },
  },
]

describe.each(racedModels)('%s', (model) => {
  describe.each(attacks)('symlinks in the place of $title', (attack) => {
    it.each([...operations, ...lookups])('never lead $title out of the export', (operation) => {
      race(model, operation, attack, {
        prepare: bait,
        look: ({ outside }) => snapshot(outside),
        verify: ({ tree, when, struck }) => expect([when, snapshot(tree.outside)]).toEqual([when, struck]),
      })
    })
  })
})
