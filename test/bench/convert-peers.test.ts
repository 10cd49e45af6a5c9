// The programs that conversions are measured beside do convert: what they make of a tree is what getfattr said of it before.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { compileFloor } from '../../bench/convert/floor.js'
import type { Converter } from '../../bench/convert/rows.js'
import { makeMappedTree } from '../../bench/mapped-tree.js'
import { which } from '../support/guest/requirements.js'
import { projectRoot } from '../support/guest/project.js'
import { describeWhereFound } from '../support/guest/suite.js'
import { snapshot } from '../support/snapshot.js'

const packages = { cc: 'gcc', getfattr: 'attr' }
const missing = [
  ...Object.entries(packages).flatMap(([program, name]) =>
    which(program) ? [] : `${program} (Debian package ${name})`,
  ),
  ...(process.getuid?.() === 0 ? [] : ['root']),
]

/** A few directories, some symlinks among the files. */
const ENTRIES = 120

const typeOf: Readonly<Record<number, string>> = { 0o04: 'd', 0o10: 'f', 0o12: 'l' }

/** Owner, group, type and permissions of every object, as getfattr finds them stored. */
function stored(tree: string): Record<string, string> {
  const text = execFileSync('getfattr', ['-R', '-h', '-d', '-m', 'user.virtfs', '-e', 'hex', '.'], { cwd: tree })
  const objects = text.toString().split('\n\n').slice(0, -1)
  return Object.fromEntries(
    objects.map((object) => {
      const [, path = ''] = /^# file: (.*)$/m.exec(object) ?? []
      const value = (name: string): number => {
        const [, hex = ''] = new RegExp(`^user\\.virtfs\\.${name}=0x(.{8})$`, 'm').exec(object) ?? []
        return Buffer.from(hex, 'hex').readUInt32LE()
      }
      const mode = value('mode')
      return [path, `${value('uid')} ${value('gid')} ${typeOf[mode >> 12]} ${(mode & 0o7777).toString(8)}`]
    }),
  )
}

/** The same as find sees them. */
const real = (tree: string): Record<string, string> => found(tree, '%U %G %y %m')

function found(tree: string, format: string): Record<string, string> {
  const text = execFileSync('find', ['.', '-printf', `%p\\t${format}\\n`], { cwd: tree }).toString()
  const lines = text.split('\n').slice(0, -1)
  return Object.fromEntries(
    lines.map((line) => {
      const [path = '', ...rest] = line.split('\t')
      return [path === '.' ? path : path.slice('./'.length), rest.join('\t')]
    }),
  )
}

/** What the link files of a mapped tree hold, or where the symlinks lead. */
const targets = (tree: string, key: 'content' | 'target'): string[] =>
  Object.entries(snapshot(tree)).flatMap(([path, line]) =>
    path.includes('/link-') ? `${path} ${new RegExp(`${key}=(.*?)( user|$)`).exec(line)?.[1]}` : [],
  )

describeWhereFound(
  'the programs beside which conversions are measured',
  { kind: 'bench', missing, timeout: 60_000 },
  () => {
    const scratch = mkdtempSync(join(tmpdir(), 'virtfs-peers-'))
    const tree = join(scratch, 'tree')
    let floor: Converter | undefined

    beforeAll(() => {
      floor = compileFloor(join(projectRoot, 'bench/convert/floor.c'), scratch)
      makeMappedTree(tree, ENTRIES)
    })
    afterAll(() => rmSync(scratch, { recursive: true }))

    const byFloor = (to: 'passthrough' | 'mapped-xattr'): void => {
      const [program = '', ...args] = floor?.(tree, to) ?? []
      execFileSync(program, args)
    }

    it('C: makes real what was stored, and stores it again', () => {
      const before = {
        objects: stored(tree),
        host: snapshot(tree),
        times: found(tree, '%T@'),
        links: targets(tree, 'content'),
      }
      expect(Object.keys(before.objects)).toHaveLength(ENTRIES)
      expect(before.links.length).toBeGreaterThan(ENTRIES / 30)

      byFloor('passthrough')
      expect(stored(tree)).toEqual({})
      expect(real(tree)).toEqual(before.objects)
      expect(targets(tree, 'target')).toEqual(before.links)
      expect(found(tree, '%T@')).toEqual(before.times)

      byFloor('mapped-xattr')
      expect(snapshot(tree)).toEqual(before.host)
      expect(found(tree, '%T@')).toEqual(before.times)
    })

    it('shell: makes real what was stored', () => {
      const before = { objects: stored(tree), links: targets(tree, 'content') }
      execFileSync('bash', [join(projectRoot, 'bench/convert/shell.sh'), tree])
      expect(stored(tree)).toEqual({})
      expect(real(tree)).toEqual(before.objects)
      expect(targets(tree, 'target')).toEqual(before.links)
    })
  },
)
