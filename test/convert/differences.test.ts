// --verify finds whatever a guest would see otherwise.

import { execFileSync } from 'node:child_process'
import { rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Conversion } from '../../src/convert/conversion.js'
import type { ConversionObserver, Outcome } from '../../src/convert/plan.js'
import { directionOf, requestOf, SampleConversion } from '../support/conversion/sample-conversion.js'
import { isRoot } from '../support/host/nobody.js'

const sh = (command: string) => (at: (path: string) => string) => {
  execFileSync('sh', ['-c', command], { cwd: at('.'), stdio: 'ignore' })
}

/** What somebody does to the new tree, and where it is seen. */
const deeds: readonly (readonly [string, string, (at: (path: string) => string) => void])[] = [
  ['a file has other content', 'plain', (at) => writeFileSync(at('plain'), 'p1ain\n')],
  ['a file is longer', 'plain', (at) => writeFileSync(at('plain'), 'plain\n\n')],
  ['a file is gone', 'empty', (at) => unlinkSync(at('empty'))],
  ['a file is new', 'another', (at) => writeFileSync(at('another'), '')],
  ['a directory is gone', 'deep/deeper/none', (at) => rmSync(at('deep/deeper/none'), { recursive: true })],
  ['an owner', 'plain', sh('chown 1 plain')],
  ['a group', 'group', sh('chgrp 1 group')],
  ['a mode', 'plain', sh('chmod 600 plain')],
  ['a time, by a nanosecond', 'plain', sh('touch -m -d @1690000000.987654322 plain')],
  ["a directory's time", 'deep', sh('touch -m -d @1 deep')],
  ['a symlink leads elsewhere', 'symlink', sh('ln -sfn elsewhere symlink')],
  ['a device has another number', 'char', sh('rm char; mknod -m 666 char c 1 5')],
  ['a fifo is a file', 'fifo', sh('rm fifo; touch fifo')],
  ['a hard link is an object of its own', 'file', sh('cp -p file x; mv x file')],
  ['an attribute', 'group/attributes', sh('setfattr -x user.note group/attributes')],
  ['an ACL', 'group/acl', sh('setfacl -m u:1001:rw group/acl')],
]

describe.runIf(isRoot).each(['in place', 'into a new tree'])('%s', (where) => {
  it.each(deeds)('%s', async (_what, path, deed) => {
    using sample = new SampleConversion(directionOf('mapped-xattr to passthrough'))
    sample.begin()
    const output = where === 'in place' ? undefined : `${sample.tree}-new`
    const { tree } = sample
    const request = requestOf({ tree, from: 'mapped-xattr', to: 'passthrough', output, verifies: true })
    const { differences } = await convertWith(request, () => deed((below) => join(output ?? tree, below)))
    expect(differences?.map((each) => each.path)).toContain(path)
    expect(differences?.every((each) => each.what !== '')).toBe(true)
  })

  it('nothing was done', async () => {
    using sample = new SampleConversion(directionOf('mapped-xattr to passthrough'))
    sample.begin()
    const output = where === 'in place' ? undefined : `${sample.tree}-new`
    const request = requestOf({ tree: sample.tree, from: 'mapped-xattr', to: 'passthrough', output, verifies: true })
    const outcome = await convertWith(request, () => {})
    expect(outcome).toMatchObject({ isFinished: true, differences: [] })
    expect(outcome.compared).toBe(40)
  })
})

/** Converts, and does something when all but the comparison is done. */
async function convertWith(request: Parameters<typeof Conversion.open>[0], deed: () => void): Promise<Outcome> {
  await using conversion = Conversion.open(request)
  const plan = await conversion.plan()
  let isDone = false
  const observer: ConversionObserver = {
    progressed: (done, total) => {
      if (isDone || done < total) return
      isDone = true
      deed()
    },
  }
  return await conversion.carryOut(plan, observer)
}
