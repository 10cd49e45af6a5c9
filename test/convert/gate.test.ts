// What the guest claims is believed only where a flag says so; the rest is done, and a later run with the flag finishes it.

import { describe, expect, it } from 'vitest'
import { differences } from '../support/conversion/portrait.js'
import { directions, SampleConversion } from '../support/conversion/sample-conversion.js'
import type { SampleObject } from '../support/conversion/sample-objects.js'
import { isRoot } from '../support/host/nobody.js'
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFREG } from '../../src/sys/constants.js'

const owned = { uid: 0, gid: 5 } as const
const objects: readonly SampleObject[] = [
  { path: '', mode: S_IFDIR | 0o755, ...owned },
  { path: 'setuid', links: ['setuid again'], mode: S_IFREG | 0o4755, ...owned },
  { path: 'setgid', mode: S_IFREG | 0o2755, ...owned },
  { path: 'both', mode: S_IFREG | 0o6755, ...owned },
  { path: 'char', links: ['char again'], mode: S_IFCHR | 0o600, rdev: [1, 3], ...owned },
  { path: 'block', mode: S_IFBLK | 0o600, rdev: [8, 0], ...owned },
  // Nobody gets any power by these.
  { path: 'group', mode: S_IFDIR | 0o2775, ...owned },
  { path: 'sticky', mode: S_IFDIR | 0o1777, ...owned },
  { path: 'fifo', mode: S_IFIFO | 0o6600, ...owned },
  { path: 'file', mode: S_IFREG | 0o755, ...owned },
]

const SETID = ['both', 'setgid', 'setuid', 'setuid again']
const DEVICES = ['block', 'char', 'char again']
const into = directions.filter(({ from, to, offset }) => from !== 'passthrough' && to === 'passthrough' && offset === 0)

describe.runIf(isRoot).each(into)('$title', (direction) => {
  it.each([
    [false, false, [...DEVICES, ...SETID]],
    [true, false, DEVICES],
    [false, true, SETID],
    [true, true, []],
  ] as const)('set-id %s, devices %s: what is left is as it was', async (allowsSetid, allowsDevices, left) => {
    using sample = new SampleConversion(direction)
    sample.begin(objects)
    const before = sample.look()
    const { plan, outcome } = await sample.run({ gate: { allowsSetid, allowsDevices } })
    expect(plan.refused.map(({ path }) => path).sort()).toEqual([...left].sort())
    expect(outcome).toMatchObject({ isFinished: true, failed: [], changed: 12 - left.length })
    const after = sample.look()
    for (const path of left) expect(after[path]).toBe(before[path])
    expect(after['group']).toContain('mode=042775')
    expect(after['fifo']).toContain('mode=016600')
    // Real set-id bits and devices are those that were allowed, and no others.
    const real = Object.entries(after).filter(([, line]) => /mode=0(100[2-7]|10[2-7]|[26]0)\d{3} /.test(line))
    expect(real.map(([path]) => path).sort()).toEqual(
      [...SETID, ...DEVICES].filter((p) => !new Set<string>(left).has(p)).sort(),
    )
  })

  it('a later run with the flags finishes it', async () => {
    using sample = new SampleConversion(direction)
    sample.begin(objects)
    await sample.run()
    const atOnce = sample.look()
    sample.begin(objects)
    await sample.run({ gate: { allowsSetid: false, allowsDevices: false } })
    await sample.run({ gate: { allowsSetid: false, allowsDevices: true } })
    const { plan, outcome } = await sample.run()
    expect({ plan, outcome }).toMatchObject({ plan: { refused: [] }, outcome: { changed: SETID.length } })
    expect(differences(atOnce, sample.look())).toEqual([])
  })
})

it.runIf(isRoot)('says which flag makes it real', async () => {
  using sample = new SampleConversion(into[0]!)
  sample.begin(objects)
  const { plan } = await sample.run({ gate: { allowsSetid: false, allowsDevices: false } })
  const reasons = Object.fromEntries(plan.refused.map(({ path, reason }) => [path, reason]))
  expect(reasons).toMatchObject({
    setuid: 'it is set-user-id (--allow-setid makes it real)',
    setgid: 'it is set-group-id (--allow-setid makes it real)',
    char: 'it is a character device 1:3 (--allow-devices makes it real)',
    block: 'it is a block device 8:0 (--allow-devices makes it real)',
  })
})
