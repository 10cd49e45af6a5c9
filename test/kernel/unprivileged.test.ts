// Running the project as nobody: from the checkout where that can be reached, and from a copy where it cannot.

import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { expect, it } from 'vitest'
import { directoryOfUnprivileged, reachableProject, unprivileged } from '../support/guest/unprivileged.js'

const report = `
  const koffi = await import('koffi')
  await import('prom-client')
  console.log(JSON.stringify({ uid: process.getuid(), groups: process.getgroups(), hasNative: typeof koffi.default.load }))`

it.each([{ mustCopy: false }, { mustCopy: true }])('nobody can load every dependency, copied: $mustCopy', (options) => {
  using project = reachableProject(options)
  const run = spawnSync(project.node, ['--input-type=module', '-e', report], {
    ...project.spawnOptions,
    cwd: project.root,
    encoding: 'utf8',
  })
  expect(run.stderr).toBe('')
  expect(JSON.parse(run.stdout)).toEqual({
    uid: unprivileged.uid ?? process.getuid?.(),
    groups: unprivileged.gid === undefined ? process.getgroups?.() : [unprivileged.gid],
    hasNative: 'function',
  })
})

it('a directory of nobody belongs to nobody', () => {
  using directory = directoryOfUnprivileged()
  expect(statSync(directory.path).uid).toBe(unprivileged.uid ?? process.getuid?.())
})
