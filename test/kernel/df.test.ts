// What `virtfs df` says on the host is what df, du and find say in a guest that mounts the tree.

import { chownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Guest } from '../support/guest/guest.js'
import { mountTcp, unmount } from '../support/guest/mount.js'
import { describeGuest } from '../support/guest/suite.js'
import { directoryOfUnprivileged, unprivileged } from '../support/guest/unprivileged.js'
import { canMount, mountExt4 } from '../support/host/mounts.js'
import { serveTree, type ServerProcess } from '../support/server-process.js'
import { virtfs } from '../commands/run.js'

const UUID = '3c2f6a54-6f0e-4f0b-8c39-0d6d1f6f5a17'

interface Sums {
  readonly entries: number
  readonly apparentBytes: number
  readonly diskBytes: number
}

interface TreeJson {
  readonly model: string
  readonly usage: readonly (Sums & { readonly key: number })[]
  readonly sideFiles: Sums
  readonly total: Sums
}

/** Owners, types, holes and hard links, made by the guest. */
const WORK = `
mkdir -p home/alice home/bob dev
head -c 100000 /dev/zero > home/alice/large
truncate -s 3000000 home/bob/sparse
echo bob > home/bob/small
ln home/alice/large home/bob/linked
ln home/alice/large linked
ln -s ../alice/large home/bob/symlink
mknod dev/null c 1 3
mkfifo dev/fifo
chown -h 1000:100 home/alice home/alice/large
chown -h 1001:100 home/bob home/bob/*
chown -h 4000000000:7 dev/null
sync
`

/** A line an owner: its uid, how many inodes it has, and their sizes. */
const BY_OWNER = `/usr/gnu/find . -printf '%i %U %s %b\\n' | sort -u | awk '
  { n[$2] += 1; s[$2] += $3; b[$2] += $4 * 512 } END { for (u in n) print u, n[u], s[u], b[u] }'`

const numbers = (line: string): number[] => line.trim().split(/\s+/).map(Number)
const inOrder = (rows: readonly number[][]): number[][] => [...rows].sort(([a = 0], [b = 0]) => a - b)

describeGuest('a guest and the host', () => {
  describe.runIf(canMount)('of a tree', () => {
    let guest: Guest
    beforeAll(async () => {
      guest = await Guest.boot()
    }, 240_000)
    afterAll(() => guest.shutdown())

    describe.each(['mapped-xattr', 'mapped-file'] as const)('in %s', (model) => {
      let directory: ReturnType<typeof directoryOfUnprivileged>
      let path: string
      let mounted: Disposable
      let server: ServerProcess
      let tree: TreeJson

      const inGuest = (script: string): Promise<string> => guest.check(`cd /${model}\n${script}`)
      const du = async (...flags: readonly string[]): Promise<number> =>
        Number.parseInt(await inGuest(`/usr/gnu/du -s ${flags.join(' ')} .`))
      /** Cells of the only line below the headings. */
      const df = (...flags: readonly string[]): string[] => {
        const [, line = ''] = virtfs(['df', '--no-usage', ...flags, path]).stdout.split('\n')
        return line.split(/ {2,}/).slice(1, 5)
      }

      beforeAll(async () => {
        // A file system of its own: nobody else changes what df says of it.
        directory = directoryOfUnprivileged()
        mounted = mountExt4(join(directory.path, 'mounted'), UUID)
        path = join(directory.path, 'mounted', 'tree')
        mkdirSync(path)
        chownSync(path, unprivileged.uid ?? 0, unprivileged.gid ?? 0)
        server = await serveTree(path, model)
        // Small blocks: a client counts in multiples of the host's that fill a message, and rounds down.
        await mountTcp(guest, server, `/${model}`, { msize: 4096 })
        await inGuest(WORK)
        tree = (JSON.parse(virtfs(['df', '--json', path]).stdout) as { trees: [TreeJson] }).trees[0]
      }, 240_000)
      afterAll(async () => {
        await unmount(guest, `/${model}`)
        await server[Symbol.asyncDispose]()
        mounted[Symbol.dispose]()
        directory[Symbol.dispose]()
      })

      it('see the same file system', async () => {
        const [, line = ''] = (await inGuest('/usr/gnu/df -k --output=size,used,avail,pcent .')).split('\n')
        const seen = numbers(line.replace('%', ''))
        const shown = df('-k').map((cell) => Number.parseInt(cell))
        expect(seen.every((number) => number > 0)).toBe(true)
        for (const [index, number] of shown.entries()) expect(Math.abs(number - seen[index]!)).toBeLessThan(4)
      })

      it('see the same inodes of it', async () => {
        const [, line = ''] = (await inGuest('/usr/gnu/df --output=itotal,iused,iavail,ipcent .')).split('\n')
        expect(df('-i')).toEqual(line.trim().split(/\s+/))
      })

      it('count the same entries and sizes, but for side files, which the guest does not see', async () => {
        const { total, sideFiles } = tree
        expect(tree.model).toBe(model)
        expect(total.entries - sideFiles.entries).toBe(await du('--inodes'))
        expect(total.apparentBytes - sideFiles.apparentBytes).toBe(await du('-B1', '--apparent-size'))
        expect(total.diskBytes - sideFiles.diskBytes).toBe(await du('-B1'))
        expect(sideFiles.entries > 0).toBe(model === 'mapped-file')
      })

      it('count them for the same owners', async () => {
        const seen = (await inGuest(BY_OWNER)).trim().split('\n').map(numbers)
        const shown = tree.usage.map((row) => [row.key, row.entries, row.apparentBytes, row.diskBytes])
        expect(inOrder(shown)).toEqual(inOrder(seen))
        expect(seen.map(([uid]) => uid)).toEqual(expect.arrayContaining([1000, 1001, 4_000_000_000]))
      })
    })
  })
})
