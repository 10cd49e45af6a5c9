// What a target cannot hold is told by the plan, before anything is done.

import { execFileSync } from 'node:child_process'
import { linkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  conduct,
  directionOf,
  directions,
  requestOf,
  SampleConversion,
} from '../support/conversion/sample-conversion.js'
import {
  ACCESS,
  acl,
  GROUP_OBJ,
  MASK,
  OTHER,
  type SampleObject,
  USER,
  USER_OBJ,
} from '../support/conversion/sample-objects.js'
import { portrait, withoutAccess } from '../support/conversion/portrait.js'
import { isRoot } from '../support/host/nobody.js'
import { Conversion } from '../../src/convert/conversion.js'
import { S_IFCHR, S_IFDIR, S_IFLNK, S_IFREG } from '../../src/sys/constants.js'

/** An ACL of which the last entry says what the mode's last digit does, or otherwise. */
const accessFor = (others: number): Buffer =>
  acl([
    [USER_OBJ, 6],
    [USER, 4, 5],
    [GROUP_OBJ, 4],
    [MASK, 4],
    [OTHER, others],
  ])

const root: SampleObject = { path: '', mode: S_IFDIR | 0o755, uid: 0, gid: 0 }

describe.runIf(isRoot)('a plan tells', () => {
  it('a device number of which mapped-file keeps 32 bits, and none that it keeps whole', async () => {
    using sample = new SampleConversion(directionOf('mapped-xattr to mapped-file'))
    const device = { mode: S_IFCHR | 0o600, uid: 0, gid: 0 } as const
    sample.begin([root, { path: 'small', rdev: [259, 7], ...device }, { path: 'large', rdev: [1, 1], ...device }])
    // Of a major number what is beyond the 12th bit lies beyond the 32nd of the whole (glibc's gnu_dev_makedev).
    const rdev = Buffer.alloc(8)
    rdev.writeBigUInt64LE((0x1000n << 32n) | (0x234n << 8n) | 7n)
    execFileSync('setfattr', ['-n', 'user.virtfs.rdev', '-v', `0x${rdev.toString('hex')}`, join(sample.tree, 'large')])
    const { plan } = await sample.run()
    expect(plan.lost).toEqual([{ path: 'large', what: 'device number 4660:7, of which mapped-file keeps 32 bits' }])
  })

  it.each(['mapped-xattr to passthrough', 'mapped-file to passthrough'])(
    'attributes of what becomes a symlink or a device: %s',
    async (title) => {
      using sample = new SampleConversion(directionOf(title))
      const attributes = { 'user.note': 'x' }
      sample.begin([
        root,
        { path: 'link', mode: S_IFLNK | 0o777, uid: 0, gid: 0, content: 'file', attributes },
        { path: 'null', mode: S_IFCHR | 0o666, uid: 0, gid: 0, rdev: [1, 3], attributes },
        { path: 'file', mode: S_IFREG | 0o644, uid: 0, gid: 0, attributes },
      ])
      const { plan } = await sample.run()
      const what = 'attributes user.note, which only files and directories can have'
      expect([...plan.lost].sort((a, b) => (a.path < b.path ? -1 : 1))).toEqual([
        { path: 'link', what },
        { path: 'null', what },
      ])
      expect(sample.look()['file']).toContain('user.note=78')
    },
  )

  it('ACLs, which none shows to no guest', async () => {
    using sample = new SampleConversion(directionOf('mapped-xattr to passthrough'))
    const access = accessFor(4)
    sample.begin([root, { path: 'file', mode: S_IFREG | 0o644, uid: 0, gid: 0, acls: { [ACCESS]: access } }])
    const { plan } = await sample.run({ to: 'none' })
    expect(plan.lost).toEqual([{ path: 'file', what: 'ACL, which none shows to no guest' }])
  })

  it('what an ACL says otherwise than the mode', async () => {
    using sample = new SampleConversion(directionOf('mapped-xattr to passthrough'))
    const access = accessFor(0)
    sample.begin([root, { path: 'file', mode: S_IFREG | 0o644, uid: 0, gid: 0, acls: { [ACCESS]: access } }])
    const { plan } = await sample.run()
    expect(plan.lost).toEqual([{ path: 'file', what: 'what its ACL says otherwise than its mode' }])
    expect(sample.look()['file']).toContain('mode=0100644')
  })

  it('hard links to what is not converted', async () => {
    using sample = new SampleConversion(directionOf('mapped-xattr to passthrough'))
    sample.begin([root, { path: 'link', mode: S_IFLNK | 0o777, uid: 0, gid: 0, content: 'file' }])
    linkSync(join(sample.tree, 'link'), join(sample.tree, '..', 'outside'))
    const { plan } = await sample.run()
    expect(plan.lost).toEqual([{ path: 'link', what: 'hard link: it has another name outside of what is converted' }])
    expect(portrait(join(sample.tree, '..'))['outside']).toContain('user.virtfs.uid')
  })

  it('file capabilities', async () => {
    using sample = new SampleConversion(directionOf('passthrough to mapped-xattr'))
    sample.begin([root, { path: 'ping', mode: S_IFREG | 0o755, uid: 0, gid: 0 }])
    execFileSync('setfattr', [
      '-n',
      'security.capability',
      '-v',
      '0x0100000200200000000000000000000000000000',
      join(sample.tree, 'ping'),
    ])
    const { plan } = await sample.run()
    expect(plan.lost).toEqual([
      { path: 'ping', what: 'file capabilities, which Linux takes from a file that changes hands' },
    ])
  })
})

describe.runIf(isRoot)('none', () => {
  const objects: readonly SampleObject[] = [
    root,
    { path: 'file', mode: S_IFREG | 0o640, uid: 3, gid: 4, content: 'x' },
    { path: 'link', mode: S_IFLNK | 0o777, uid: 3, gid: 4, content: 'file' },
    { path: 'null', mode: S_IFCHR | 0o666, uid: 0, gid: 0, rdev: [1, 3] },
  ]

  it.each(directions.filter(({ offset }) => offset === 0))(
    'is to a conversion what passthrough is: $title',
    async (direction) => {
      if (direction.from !== 'passthrough' && direction.to !== 'passthrough') return
      const none = direction.from === 'passthrough' ? ({ from: 'none' } as const) : ({ to: 'none' } as const)
      using sample = new SampleConversion(direction)
      sample.begin(objects)
      await sample.run()
      const wanted = withoutAccess(sample.look())
      sample.begin(objects)
      const { plan, outcome } = await sample.run({ ...none, verifies: true })
      expect({ plan, outcome }).toMatchObject({ plan: none, outcome: { isFinished: true, differences: [] } })
      expect(withoutAccess(sample.look())).toEqual(wanted)
    },
  )

  it.each([
    ['none', 'passthrough'],
    ['passthrough', 'none'],
  ] as const)('%s to %s changes nothing in place, and is a copy with --output', async (from, to) => {
    using sample = new SampleConversion(directionOf('passthrough to mapped-xattr'))
    sample.begin(objects)
    const before = withoutAccess(sample.look())
    expect((await sample.run({ from, to })).plan).toMatchObject({ changed: 0, unchanged: 4 })
    expect(withoutAccess(sample.look())).toEqual(before)
    const output = `${sample.tree}-new`
    const { outcome } = await conduct(requestOf({ tree: sample.tree, from, to, output, verifies: true }))
    expect(outcome).toMatchObject({ isFinished: true, failed: [], differences: [], changed: 4 })
    const copied = portrait(output)
    expect(copied['null']).toContain('mode=020666')
    expect(copied['file']).toContain('mode=0100640 owner=3:4')
  })
})

it.runIf(isRoot)('a plan changes nothing', async () => {
  for (const direction of directions) {
    using sample = new SampleConversion(direction)
    sample.begin()
    const before = withoutAccess(sample.look())
    {
      await using conversion = Conversion.open(requestOf({ tree: sample.tree, from: direction.from, to: direction.to }))
      await conversion.plan()
    }
    expect(withoutAccess(sample.look())).toEqual(before)
  }
})
