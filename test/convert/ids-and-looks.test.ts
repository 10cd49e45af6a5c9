// Whose files are: the guest's ids by ranges, in ACLs too, and what the host shows of a mapped tree.

import { describe, expect, it } from 'vitest'
import { directionOf, SampleConversion } from '../support/conversion/sample-conversion.js'
import {
  ACCESS,
  acl,
  GROUP,
  GROUP_OBJ,
  MASK,
  OTHER,
  type SampleObject,
  USER,
  USER_OBJ,
} from '../support/conversion/sample-objects.js'
import { isRoot } from '../support/host/nobody.js'
import { S_IFDIR, S_IFREG } from '../../src/sys/constants.js'

const root: SampleObject = { path: '', mode: S_IFDIR | 0o755, uid: 0, gid: 0 }
const file: SampleObject = { path: 'file', mode: S_IFREG | 0o640, uid: 1, gid: 70_000 }

const accessOf = (user: number, group: number): Buffer =>
  acl([
    [USER_OBJ, 6],
    [USER, 4, user],
    [GROUP_OBJ, 4],
    [GROUP, 2, group],
    [MASK, 6],
    [OTHER, 0],
  ])

/** As for a rootless container: the guest's root is whoever runs it. */
const uids = [
  { guest: 0, host: 1000, count: 1 },
  { guest: 1, host: 100_000, count: 65_536 },
]
const gids = [...uids, { guest: 70_000, host: 5, count: 1 }]
const ids = { uids, gids }

describe.runIf(isRoot)('ids', () => {
  it.each(['mapped-xattr', 'mapped-file'])(
    'are those of the first range that has them, and %s gets them back',
    async (model) => {
      using sample = new SampleConversion(directionOf(`${model} to passthrough`))
      sample.begin([root, file])
      await sample.run({ ids })
      expect(sample.look()).toMatchObject({
        '': expect.stringContaining('owner=1000:1000 ') as unknown,
        file: expect.stringContaining('owner=100000:5 ') as unknown,
      })
      const { outcome } = await sample.run({ ids, from: 'passthrough', to: sample.direction.from, verifies: true })
      expect(outcome).toMatchObject({ isFinished: true, differences: [] })
      const owner = model === 'mapped-xattr' ? 'user.virtfs.gid=70110100' : undefined
      expect(sample.look()['file']).toContain(owner ?? 'owner=500:501')
      if (owner === undefined)
        expect(sample.look()['.virtfs_metadata/file']).toContain('virtfs.uid=1\\nvirtfs.gid=70000\\n')
    },
  )

  it.each(['mapped-xattr', 'mapped-file'])('in the ACLs of %s are mapped, too', async (model) => {
    using sample = new SampleConversion(directionOf(`${model} to passthrough`))
    const object = { ...file, mode: S_IFREG | 0o660, acls: { [ACCESS]: accessOf(1001, 70_000) } }
    sample.begin([root, object])
    await sample.run({ ids })
    expect(sample.look()['file']).toContain(`${ACCESS}=${accessOf(101_000, 5).toString('hex')}`)
    await sample.run({ ids, from: 'passthrough', to: sample.direction.from })
    const name = model === 'mapped-xattr' ? `user.virtfs.${ACCESS}` : ACCESS
    const found = sample.look()['file']!
    expect(found).toContain(`${name}=${accessOf(1001, 70_000).toString('hex')}`)
    // One ACL, under one name.
    expect(found.match(/posix_acl/g)).toHaveLength(1)
  })

  it.each(['mapped-xattr', 'mapped-file'])(
    'of %s that no range has are refused, and their entries left',
    async (model) => {
      using sample = new SampleConversion(directionOf(`${model} to passthrough`))
      sample.begin([
        root,
        { ...file, path: 'user', uid: 65_537 },
        { ...file, path: 'group', gid: 70_001 },
        { ...file, path: 'acl', mode: S_IFREG | 0o660, acls: { [ACCESS]: accessOf(70_000, 5) } },
        file,
      ])
      const before = sample.look()
      const { plan, outcome } = await sample.run({ ids })
      expect(Object.fromEntries(plan.refused.map(({ path, reason }) => [path, reason]))).toEqual({
        user: 'no range of --map-uid or --map-gid has 65537:70000',
        group: 'no range of --map-uid or --map-gid has 1:70001',
        acl: 'no range of --map-uid or --map-gid has an id in its ACL',
      })
      expect(outcome).toMatchObject({ changed: 2, isFinished: true })
      const after = sample.look()
      for (const path of ['user', 'group', 'acl']) expect(after[path]).toBe(before[path])
    },
  )

  it('of the host that no range has are refused on the way back', async () => {
    using sample = new SampleConversion(directionOf('passthrough to mapped-xattr'))
    sample.begin([
      { ...root, uid: 1000, gid: 1000 },
      { ...file, uid: 0, gid: 5 },
    ])
    const { plan } = await sample.run({ ids })
    expect(plan.refused).toEqual([{ path: 'file', reason: 'no range of --map-uid or --map-gid has 0:5' }])
  })
})

describe.runIf(isRoot)('what a mapped tree looks like on the host', () => {
  it.each(['mapped-xattr', 'mapped-file'] as const)("is the caller's, and private: %s", async (to) => {
    using sample = new SampleConversion(directionOf(`passthrough to ${to}`))
    sample.begin([root, file])
    await sample.run()
    const look = sample.look()
    expect(look['file']).toContain('mode=0100600 owner=500:501')
    expect(look['']).toContain('mode=040700 owner=500:501')
  })

  it.each(['mapped-xattr', 'mapped-file'] as const)('is what --owner, --fmode and --dmode say: %s', async (to) => {
    using sample = new SampleConversion(directionOf(`passthrough to ${to}`))
    sample.begin([root, file])
    await sample.run({ owner: { uid: 7, gid: 8 }, fmode: 0o664, dmode: 0o2775 })
    const look = sample.look()
    expect(look['file']).toContain('mode=0100664 owner=7:8')
    expect(look['']).toContain('mode=042775 owner=7:8')
    if (to === 'mapped-file') {
      expect(look['.virtfs_metadata']).toContain('mode=040700 owner=7:8')
      expect(look['.virtfs_metadata/file']).toContain('owner=7:8')
    }
  })

  it('stays as it is from one mapped model to the other', async () => {
    using sample = new SampleConversion(directionOf('mapped-xattr to mapped-file'))
    sample.begin([root, file])
    await sample.run()
    expect(sample.look()['file']).toContain('mode=0100600 owner=500:501')
    await sample.run({ from: 'mapped-file', to: 'mapped-xattr', owner: { uid: 9, gid: 9 }, fmode: 0o604 })
    expect(sample.look()['file']).toContain('mode=0100604 owner=9:9')
  })

  it('lets no more in when a real ACL goes: its mask was in the place of its group', async () => {
    using sample = new SampleConversion(directionOf('mapped-file to mapped-xattr'))
    const access = acl([
      [USER_OBJ, 6],
      [USER, 6, 1000],
      [GROUP_OBJ, 0],
      [MASK, 6],
      [OTHER, 0],
    ])
    sample.begin([root, { ...file, mode: S_IFREG | 0o660, acls: { [ACCESS]: access } }])
    const { outcome } = await sample.run({ verifies: true })
    expect(outcome.differences).toEqual([])
    expect(sample.look()['file']).toContain('mode=0100600 owner=500:501')
  })
})
