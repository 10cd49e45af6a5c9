// What a guest made through QEMU looks the same to a guest of QEMU after `virtfs convert`, whichever way the tree went, and
// the guest can go on in it. Where the host itself has what the guest sees, the host's own tools see it, too.

import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { GuestEntry } from '../../fixtures/guest-view.js'
import type { HostEntry } from '../../fixtures/manifest.js'
import { describeGuest } from '../support/guest/suite.js'
import { isRoot } from '../support/host/nobody.js'
import {
  back,
  built,
  ConvertedTrees,
  type Course,
  courses,
  isReal,
  modelOf,
  on,
  onBack,
  there,
} from './converted-trees.js'
import { OWN_HIDDEN_NAMES } from './convertible-tree.js'
import { differences, type Tolerance } from './differences.js'
import type { HostObject } from './host-look.js'

/**
 * As QEMU's mapped-file shows what other models show: `.virtfs_metadata`, which is in every directory that is not empty,
 * counts as a subdirectory, where the host's file system counts these at all. So it does in trees that QEMU wrote.
 */
function asShownUnder(course: Course, entries: readonly GuestEntry[]): readonly GuestEntry[] {
  if (modelOf(course) !== 'mapped-file') return entries
  return entries.map((entry, index) => {
    // What a directory holds comes right behind it.
    const isEmpty = !(entries[index + 1]?.path.startsWith(entry.path === '' ? '' : `${entry.path}/`) ?? false)
    return entry.type !== 'directory' || entry.nlink === 1 || isEmpty ? entry : { ...entry, nlink: entry.nlink + 1 }
  })
}

const titled = (some: readonly Course[]): [string, Course][] =>
  some.map((course) => [`${course === built ? 'built anew' : 'in place'} as ${course.through.join(', ')}`, course])

const withoutAttributes = (entries: readonly GuestEntry[]): HostObject[] =>
  entries.map(({ xattrs: _, ...rest }) => rest)

/** All that may differ on the host between the tree that QEMU wrote and the one that came back to the same model. */
const sinceQemu: readonly Tolerance<HostEntry>[] = [
  { field: 'mode', of: ({ path }) => path === '', because: 'the root was made for QEMU, not by it' },
  {
    field: 'xattrs',
    of: ({ path }) => path === 'special/file-by-mknod',
    because: 'of a file by mknod QEMU stores a device number, of which no other model knows',
  },
]

if (!isRoot) process.stderr.write('guest suite: skipping converted trees: this is not root\n')

describeGuest('a tree that a guest made through QEMU', () => {
  describe.runIf(isRoot)('and that was converted', () => {
    let trees: ConvertedTrees
    beforeAll(async () => {
      trees = await ConvertedTrees.make()
    }, 300_000)
    afterAll(() => trees[Symbol.asyncDispose]())

    it('has everything in it, of which the host sees files and directories', () => {
      const { entries, contents } = trees.made
      const types = new Set(entries.map(({ type }) => type))
      expect([...types].sort()).toEqual(['block', 'char', 'directory', 'fifo', 'file', 'socket', 'symlink'])
      const linked = new Set(entries.filter(({ sameAs }) => sameAs !== null).map(({ type }) => type))
      expect([...linked].sort()).toEqual(['block', 'char', 'fifo', 'file', 'socket', 'symlink'])
      expect(entries.some(({ mtime: [seconds, nanoseconds] }) => seconds < 0 && nanoseconds > 0)).toBe(true)
      expect(contents.length).toBeGreaterThan(50)
      expect(new Set(trees.madeOnHost.objects.map(({ type }) => type))).toEqual(new Set(['directory', 'file']))
      expect(trees.madeOnHost.hiddenAttributes).toContain('user.virtfs.mode=')
    })

    describe.each(titled(courses))('%s', (_, course) => {
      const { through } = course

      it('is converted as a whole each time: nothing is refused, lost or different', () => {
        const outcomes = trees.outcomes.get(course) ?? []
        expect(outcomes.map(({ stderr, exitCode }) => ({ stderr, exitCode }))).toEqual(
          through.map(() => ({ stderr: '', exitCode: 0 })),
        )
        const reports = outcomes.map(({ stdout }) => JSON.parse(stdout) as Record<string, unknown>)
        const entries = trees.made.entries.length
        const nothing = { unchanged: 0, refused: [], lost: [], failed: [], forbidden: [], differences: [] }
        for (const report of reports)
          expect(report).toMatchObject({ ...nothing, entries, changed: entries, verified: true })
        expect(reports.map(({ from, to }) => ({ from, to }))).toEqual(
          through.map((to, index) => ({ from: through[index - 1] ?? 'mapped-xattr', to })),
        )
      })

      it('looks to a guest of QEMU as it did to the one that made it', async () => {
        const { entries, contents, acls } = await trees.seenOf(course)
        const { made } = trees
        const before = { name: 'before', entries: asShownUnder(course, made.entries) }
        expect(differences(before, { name: 'after', entries })).toEqual([])
        const readBefore = { name: 'before', entries: made.contents }
        expect(differences(readBefore, { name: 'after', entries: contents })).toEqual([])
        expect(acls).toBe(made.acls)
      })
    })

    it.each(titled(courses.filter(isReal)))('looks on the host as it does to its guest: %s', async (_, course) => {
      const { objects, acls } = trees.onHost.get(course)!
      const { entries, acls: ofGuest } = await trees.seenOf(course)
      const guests = { name: 'the guest sees', entries: withoutAttributes(entries) }
      expect(differences(guests, { name: 'find prints', entries: objects })).toEqual([])
      expect(acls).toBe(ofGuest)
    })

    it.each(titled(courses))('has nothing left in it of another model, or of the conversion: %s', (_, course) => {
      const { objects, hiddenNames, hiddenAttributes } = trees.onHost.get(course)!
      const model = modelOf(course)
      expect(hiddenNames).not.toContain('.virtfs_convert')
      if (model !== 'mapped-file') expect(hiddenNames).toEqual(OWN_HIDDEN_NAMES)
      if (model === 'mapped-xattr') expect(hiddenAttributes).not.toContain('user.virtfs.convert')
      else expect(hiddenAttributes).toBe('')
      if (model !== 'passthrough')
        expect(objects.filter(({ type }) => type !== 'directory' && type !== 'file')).toEqual([])
    })

    it('lies on the host as QEMU stored it when it came back to the same model', () => {
      const { before, back } = trees.recorded
      const qemus = { name: 'QEMU stored', entries: before }
      expect(differences(qemus, { name: 'the conversion stored', entries: back }, sinceQemu)).toEqual([])
    })

    it('stays as it is when another is built from it', () => {
      const { before, afterBuilding } = trees.recorded
      const source = { name: 'before', entries: before }
      expect(differences(source, { name: 'after', entries: afterBuilding })).toEqual([])
    })

    it('keeps the times at which its objects were last read, in place', () => {
      expect(trees.accessed.after).toEqual(trees.accessed.before)
      expect(Object.keys(trees.accessed.after).length).toBeGreaterThan(400)
    })

    it.each(titled([built, there]))('has the holes that the guest left in a file: %s', (_, course) => {
      const { size, blocks } = statSync(join(trees.placeOf(course), 'more-files/holes'))
      expect(size).toBe(1_000_003)
      expect(blocks * 512).toBeLessThan(262_144)
    })

    // Not in passthrough, where QEMU's mknod and chmod of a device answer ENXIO (docs/protocol.md).
    it.each(titled([back, on, onBack]))(
      'its guest goes on where it stopped, and can remove everything: %s',
      async (_, course) => {
        await trees.workIn(course)
        const hidden = modelOf(course) === 'mapped-file' ? ['.virtfs_metadata', '.virtfs_metadata_root'] : []
        expect(readdirSync(trees.placeOf(course)).sort()).toEqual(hidden)
        // Each record has gone with its object.
        if (hidden.length > 0) expect(readdirSync(join(trees.placeOf(course), '.virtfs_metadata'))).toEqual([])
      },
    )
  })
})
