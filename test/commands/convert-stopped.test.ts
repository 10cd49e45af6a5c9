// `virtfs convert` stopped by a signal, or by a disk that is full: it says how to go on, and going on ends as if nothing had
// happened.

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { S_IFDIR, S_IFREG } from '../../src/sys/constants.js'
import { manyObjects } from '../support/conversion/many-objects.js'
import { differences, portrait, withoutAccess } from '../support/conversion/portrait.js'
import { directionOf, SampleConversion } from '../support/conversion/sample-conversion.js'
import type { SampleObject } from '../support/conversion/sample-objects.js'
import { makeSampleTree } from '../support/conversion/sample-tree.js'
import { isRoot } from '../support/host/nobody.js'
import { environment, PROGRAM, virtfs } from './run.js'

const REAL = ['--to', 'passthrough', '--allow-setid', '--allow-devices', '--yes'] as const

describe.runIf(isRoot)('a signal', () => {
  it.each([
    ['SIGINT', 130, '--resume'],
    ['SIGTERM', 143, '--abort'],
  ] as const)(
    '%s stops it, with %i, and what it says is true: %s',
    async (signal, exitCode, way) => {
      using sample = new SampleConversion(directionOf('mapped-xattr to passthrough'))
      sample.begin(manyObjects(10_000))
      // What ACLs say otherwise than modes is lost once.
      virtfs(['convert', sample.tree, ...REAL])
      virtfs(['convert', sample.tree, '--to', 'mapped-xattr', '--owner', '500:501', '--yes'])
      const before = withoutAccess(sample.look())

      const args = [PROGRAM, 'convert', sample.tree, ...REAL]
      const child = spawn(process.execPath, args, { env: environment(), stdio: ['ignore', 'ignore', 'pipe'] })
      let stderr = ''
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
      while (!existsSync(join(sample.tree, '.virtfs_convert/journal')) && child.exitCode === null) await sleep(1)
      child.kill(signal)
      expect(await once(child, 'close')).toEqual([exitCode, null])
      expect(stderr).toBe(
        `virtfs: Cannot finish "${sample.tree}": stopped by a signal (go on with --resume, or put it back with --abort)\n`,
      )
      const flags = way === '--resume' ? ['--allow-setid', '--allow-devices'] : []
      const gone = virtfs(['convert', sample.tree, way, ...flags])
      expect(gone).toMatchObject({ stderr: '', exitCode: 0 })
      if (way === '--resume') virtfs(['convert', sample.tree, '--to', 'mapped-xattr', '--owner', '500:501', '--yes'])
      expect(differences(before, withoutAccess(sample.look())).slice(0, 5)).toEqual([])
    },
    60_000,
  )
})

const objects: readonly SampleObject[] = [
  { path: '', mode: S_IFDIR | 0o755, uid: 0, gid: 0 },
  ...Array.from({ length: 400 }, (_, n) => ({
    path: `file ${n}`,
    ...{ mode: S_IFREG | 0o644, uid: n, gid: n, content: 'x'.repeat(100) },
  })),
]

/** Mounts a file system of a few MiB at `directory` while something is done. */
async function onSmallDisk(directory: string, action: (tree: string) => Promise<void> | void): Promise<void> {
  const image = join(directory, 'image')
  const mounted = join(directory, 'mounted')
  mkdirSync(mounted)
  execFileSync('truncate', ['-s', '4M', image])
  execFileSync('mkfs.ext4', ['-q', '-b', '1024', '-N', '900', image])
  execFileSync('mount', ['-o', 'loop', image, mounted])
  try {
    await action(mounted)
  } finally {
    execFileSync('umount', [mounted])
  }
}

describe.runIf(isRoot)('a full disk', () => {
  it.each(['--resume', '--abort'])('stops it with 3; with room it goes on: %s', async (way) => {
    const above = mkdtempSync(join(tmpdir(), 'virtfs-full-'))
    try {
      await onSmallDisk(above, (mounted) => {
        const tree = join(mounted, 'tree')
        const command = ['convert', tree, '--to', 'mapped-file', '--yes']
        makeSampleTree(tree, 'inode', { objects })
        const before = withoutAccess(portrait(tree))
        expect(virtfs(command)).toMatchObject({ stderr: '', exitCode: 0 })
        const converted = withoutAccess(portrait(tree))

        makeSampleTree(tree, 'inode', { objects })
        // There are inodes for half of the records.
        for (let n = 0; n < 280; n += 1) writeFileSync(join(mounted, `ballast ${n}`), '')
        const stopped = virtfs(command)
        expect(stopped).toMatchObject({ exitCode: 3 })
        expect(stopped.stderr).toBe(
          `virtfs: Cannot finish "${tree}": ENOSPC (make room on its file system; then go on with --resume, or put it back with --abort)\n`,
        )
        expect(virtfs(['serve', tree, '--security-model', 'none'])).toMatchObject({ exitCode: 2 })
        for (let n = 0; n < 280; n += 1) rmSync(join(mounted, `ballast ${n}`))
        expect(virtfs(['convert', tree, way])).toMatchObject({ stderr: '', exitCode: 0 })
        const wanted = way === '--resume' ? converted : before
        expect(differences(wanted, withoutAccess(portrait(tree))).slice(0, 5)).toEqual([])
      })
    } finally {
      rmSync(above, { recursive: true })
    }
  })
})
