// What keeps a whole tree from being converted: told in one line, and nothing is changed.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Conversion } from '../../src/convert/conversion.js'
import type { ConversionRequest } from '../../src/convert/request.js'
import { UsageError } from '../../src/errors.js'
import { openTree } from '../../src/sys/open.js'
import { tryFlock } from '../../src/sys/lock.js'
import { portrait, withoutAccess } from '../support/conversion/portrait.js'
import { directionOf, requestOf, SampleConversion } from '../support/conversion/sample-conversion.js'
import { changesTree, killedWhile, whileFaulty } from '../support/host/faults.js'
import { isRoot } from '../support/host/nobody.js'

const toReal = directionOf('mapped-xattr to passthrough')
const toXattr = directionOf('passthrough to mapped-xattr')
const toFile = directionOf('passthrough to mapped-file')

/** Has the conversion of a tree refused, and returns the line without the tree's path. */
async function refusal(sample: SampleConversion, changes: Partial<ConversionRequest> = {}): Promise<string> {
  const before = withoutAccess(sample.look())
  const error: unknown = await sample.run(changes).then(
    () => undefined,
    (cause: unknown) => cause,
  )
  expect(error).toBeInstanceOf(UsageError)
  expect(withoutAccess(sample.look())).toEqual(before)
  return (error as UsageError).message.replaceAll(sample.tree, 'TREE')
}

/** Objects with several names that an interrupted run was at. */
const waiting = (sample: SampleConversion): string[] => {
  const links = join(sample.tree, '.virtfs_convert/links')
  return existsSync(links) ? readdirSync(links) : []
}

describe.runIf(isRoot)('refused is', () => {
  it('what somebody holds: a server, or another conversion', async () => {
    using sample = new SampleConversion(toReal)
    sample.begin()
    using held = openTree(sample.tree)
    expect(tryFlock(held, 'shared')).toBe(true)
    const line = 'Cannot convert "TREE": EBUSY (virtfs serve or another conversion holds this tree; end it first)'
    expect(await refusal(sample)).toBe(line)
    expect(await refusal(sample, { output: `${sample.tree}-new` })).toBe(line)
  })

  it('what another conversion is at, which is told it by the first one', async () => {
    using sample = new SampleConversion(toReal)
    sample.begin()
    await using first = Conversion.open(requestOf({ tree: sample.tree, from: toReal.from, to: toReal.to }))
    expect(await refusal(sample)).toMatch(/^Cannot convert "TREE": EBUSY /)
    await first.carryOut(await first.plan())
    expect(sample.look()['plain']).toContain('owner=1000:1000')
  })

  it.each(['.virtfs_metadata', '.virtfs_metadata_root', 'deep/.virtfs_metadata'])(
    'an entry that has a name which the target keeps its own data under: %s',
    async (path) => {
      using sample = new SampleConversion(toFile)
      sample.begin()
      writeFileSync(join(sample.tree, path), "a guest's own")
      const line = `Cannot convert "TREE" to mapped-file: it keeps its own data under the name of "${path}" (rename it)`
      expect(await refusal(sample)).toBe(line)
    },
  )

  it.each([toXattr, toFile])(
    "what a user of the guest has written beside his own files, to be root's: $to",
    async (direction) => {
      using sample = new SampleConversion(direction)
      sample.begin()
      const file = join(sample.tree, 'deep/file')
      if (direction.to === 'mapped-file') {
        mkdirSync(join(sample.tree, 'deep/.virtfs_metadata'))
        writeFileSync(
          join(sample.tree, 'deep/.virtfs_metadata/file'),
          'virtfs.uid=0\nvirtfs.gid=0\nvirtfs.mode=35309\n',
        )
      } else {
        for (const [key, value] of Object.entries({ uid: '00000000', gid: '00000000', mode: 'ed890000' })) {
          execFileSync('setfattr', ['-n', `user.virtfs.${key}`, '-v', `0x${value}`, file])
        }
      }
      expect(await refusal(sample, { from: undefined })).toMatch(
        new RegExp(`^Cannot tell what to convert "TREE" from: \\d of its 4\\d entries are ${direction.to} already `),
      )
    },
  )

  it('what has attributes and records, unless it is said which count', async () => {
    using sample = new SampleConversion(toReal)
    sample.begin()
    mkdirSync(join(sample.tree, '.virtfs_metadata'), { mode: 0o700 })
    writeFileSync(join(sample.tree, '.virtfs_metadata/plain'), 'virtfs.uid=1\n')
    expect(await refusal(sample, { from: undefined })).toMatch(/^Cannot tell what to convert "TREE" from: .*--from/)
  })

  it('a mapping of ids of what stays in its model, in place', async () => {
    using sample = new SampleConversion(toXattr)
    sample.begin()
    const range = [{ guest: 0, host: 5, count: 10 }]
    expect(await refusal(sample, { to: 'passthrough', ids: { uids: range, gids: range } })).toBe(
      'Cannot map ids of "TREE": it stays passthrough, so that it could not be told which were mapped (use --output)',
    )
  })

  it('to guess what is on its way back from, where a few entries were left', async () => {
    using sample = new SampleConversion(toReal)
    sample.begin()
    await sample.run({ gate: { allowsSetid: true, allowsDevices: false } })
    expect(await refusal(sample, { from: undefined, to: 'mapped-xattr' })).toBe(
      'Cannot tell what to convert "TREE" from: 2 of its 40 entries are mapped-xattr already ' +
        '(--from passthrough keeps these and stores what the others are, --from mapped-xattr leaves the others)',
    )
    const { outcome } = await sample.run({ from: 'passthrough', to: 'mapped-xattr', verifies: true })
    expect(outcome).toMatchObject({ isFinished: true, differences: [] })
  })

  it('another conversion of one that was interrupted; that one is gone on with', async () => {
    using sample = new SampleConversion(toReal)
    sample.begin()
    await sample.run()
    const converted = withoutAccess(sample.look())
    sample.begin()
    await killedWhile(100, () => sample.run(), changesTree)
    const interrupted = 'a conversion from mapped-xattr to passthrough was interrupted there'
    const another = (what: string): string =>
      `Cannot convert "TREE": ${interrupted} (it had another ${what}; go on with --resume, or put it back with --abort)`
    expect(await refusal(sample, { to: 'mapped-file' })).toBe(another('--to'))
    const range = [{ guest: 0, host: 5, count: 10 }]
    expect(await refusal(sample, { ids: { uids: range, gids: range } })).toBe(another('--map-uid or --map-gid'))
    await sample.run()
    expect(withoutAccess(sample.look())).toEqual(converted)
  })

  it.each(['resume', 'abort'] as const)('to %s what was not interrupted', async (intent) => {
    using sample = new SampleConversion(toReal)
    sample.begin()
    expect(await refusal(sample, { intent })).toBe(
      `Cannot ${intent} a conversion of "TREE": none was interrupted there`,
    )
  })

  it('to go on amid an object of several names while something cannot be looked at', async () => {
    using sample = new SampleConversion(toReal)
    sample.begin()
    await sample.run()
    const converted = withoutAccess(sample.look())
    let n = 0
    do {
      sample.begin()
      await killedWhile((n += 1), () => sample.run(), changesTree)
    } while (waiting(sample).length === 0)
    const before = withoutAccess(sample.look())
    let line = ''
    for (let call = 1; !line.startsWith('Cannot go on'); call += 1) {
      const action = (): Promise<void> =>
        sample.run().then(
          () => {},
          (cause: Error) => void (line = cause.message),
        )
      await whileFaulty(call, 'EIO', action)
      expect(withoutAccess(sample.look())).toEqual(before)
    }
    expect(line.replaceAll(sample.tree, 'TREE')).toMatch(
      /^Cannot go on with the conversion of "TREE": ".*" could not be looked at, and may be a name of an object of which other names are changed \(EIO; mend it, then run this again\)$/,
    )
    await sample.run()
    expect(withoutAccess(sample.look())).toEqual(converted)
  })

  it('an output that is not empty, or in the tree itself', async () => {
    using sample = new SampleConversion(toReal)
    sample.begin()
    const above = mkdtempSync(join(tmpdir(), 'virtfs-output-'))
    writeFileSync(join(above, 'file'), '')
    try {
      expect(await refusal(sample, { output: above })).toMatch(/^Cannot /)
      expect(await refusal(sample, { output: join(sample.tree, 'new') })).toMatch(/^Cannot /)
      expect(await refusal(sample, { output: sample.tree })).toMatch(/^Cannot /)
      expect(Object.keys(portrait(above))).toEqual(['', 'file'])
    } finally {
      rmSync(above, { recursive: true })
    }
  })

  it('what has another file system mounted in it, unless that is left out', async () => {
    using sample = new SampleConversion(toReal)
    sample.begin()
    const mounted = join(sample.tree, 'closed')
    execFileSync('mount', ['-t', 'tmpfs', 'virtfs-test', mounted])
    try {
      expect(await refusal(sample)).toBe(
        'Cannot convert "TREE": another file system is mounted in it, at "closed" (leave it out with -x, and convert it by itself)',
      )
      const { outcome } = await sample.run({ isOneFileSystem: true })
      expect(outcome).toMatchObject({ isFinished: true, failed: [] })
    } finally {
      execFileSync('umount', [mounted])
    }
    expect(sample.look()['closed/inside']).toContain('user.virtfs.mode')
  })
})
