// Conversions by a user who is not root: what he could not do is told before anything is done.

import { chownSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFREG } from '../../src/sys/constants.js'
import { type Portrait, portrait, withoutAccess } from '../support/conversion/portrait.js'
import { type SampleObject } from '../support/conversion/sample-objects.js'
import { makeSampleTree } from '../support/conversion/sample-tree.js'
import { isRoot } from '../support/host/nobody.js'
import { type Outcome, virtfs } from './run.js'

/** Whom the files of a sample tree belong to on the host. */
const USER = { uid: 500, gid: 501 } as const
const own = { ...USER } as const

const objects: readonly SampleObject[] = [
  { path: '', mode: S_IFDIR | 0o755, ...own },
  { path: 'own', mode: S_IFREG | 0o640, ...own, content: 'own' },
  { path: 'own link', mode: S_IFLNK | 0o777, ...own, content: 'own' },
  { path: 'own fifo', mode: S_IFIFO | 0o600, ...own },
  { path: 'root', mode: S_IFREG | 0o644, uid: 0, gid: 0 },
  { path: 'group', mode: S_IFREG | 0o644, uid: 500, gid: 0 },
  { path: 'null', mode: S_IFCHR | 0o666, ...own, rdev: [1, 3] },
  { path: 'below', mode: S_IFDIR | 0o700, uid: 1000, gid: 1000 },
  { path: 'below/file', mode: S_IFREG | 0o644, ...own },
]
const FORBIDDEN = ['below', 'group', 'null', 'root']

let above = ''
let tree = ''
beforeEach(() => {
  above = mkdtempSync(join(tmpdir(), 'virtfs-unprivileged-'))
  chownSync(above, USER.uid, USER.gid)
  tree = join(above, 'tree')
})
afterEach(() => rmSync(above, { recursive: true }))

const convert = (...args: readonly string[]): Outcome => virtfs(['convert', tree, '--allow-devices', ...args], USER)
const look = (): Portrait => withoutAccess(portrait(tree))

describe.runIf(isRoot).each(['xattr', 'sidecar'] as const)('from the form %s', (form) => {
  beforeEach(() => makeSampleTree(tree, form, { objects }))

  it('to passthrough nothing is done, and each is named', () => {
    const before = look()
    const { stderr, exitCode } = convert('--to', 'passthrough', '--yes')
    expect(exitCode).toBe(2)
    const lines = stderr.replaceAll(above, '').trimEnd().split('\n').sort()
    expect(lines).toEqual([
      'virtfs: Cannot convert "/tree": EPERM (4 entries need privileges; run as root, or leave them with --skip-forbidden)',
      'virtfs: Cannot convert "/tree/below": giving it to 1000:1000 takes CAP_CHOWN',
      'virtfs: Cannot convert "/tree/group": giving it to 500:0 takes CAP_CHOWN',
      'virtfs: Cannot convert "/tree/null": making a device takes CAP_MKNOD',
      'virtfs: Cannot convert "/tree/root": giving it to 0:0 takes CAP_CHOWN',
    ])
    expect(look()).toEqual(before)
  })

  it('a dry run says the same, and is no refusal', () => {
    const before = look()
    const { stdout, exitCode } = convert('--to', 'passthrough', '--dry-run', '--json')
    expect(exitCode).toBe(1)
    const { forbidden } = JSON.parse(stdout) as { forbidden: { path: string }[] }
    expect(forbidden.map(({ path }) => path).sort()).toEqual(FORBIDDEN)
    expect(look()).toEqual(before)
  })

  it('with --skip-forbidden the rest is done, and root finishes it', () => {
    const before = look()
    expect(convert('--to', 'passthrough', '--yes', '--skip-forbidden')).toMatchObject({ exitCode: 1 })
    const after = look()
    for (const path of FORBIDDEN) expect(after[path]).toBe(before[path])
    expect(after['own']).toContain('mode=0100640 owner=500:501')
    expect(after['own link']).toContain('target=own')
    expect(after['own fifo']).toContain('mode=010600')
    expect(after['below/file']).toContain('mode=0100644')
    const root = virtfs(['convert', tree, '--to', 'passthrough', '--allow-devices', '--yes'])
    expect(root).toMatchObject({ stderr: '', exitCode: 0 })
    expect(statSync(join(tree, 'root')).uid).toBe(0)
    expect(look()['null']).toContain('mode=020666')
  })

  it.each(['mapped-xattr', 'mapped-file'])(
    'to the other mapped model takes no privilege, to the same nothing: %s',
    (to) => {
      const { stderr, exitCode } = convert('--to', to, '--yes', '--verify')
      expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
      expect(look()['root']).toContain('owner=500:501')
    },
  )
})

it.runIf(isRoot)("somebody else's tree is not converted", () => {
  mkdirSync(tree)
  chownSync(tree, 1000, 1000)
  const { stderr, exitCode } = convert('--to', 'mapped-xattr', '--yes')
  expect(exitCode).toBe(2)
  expect(stderr).toContain('EPERM (1 entry needs privileges')
})
