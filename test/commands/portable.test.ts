// The program on a host that is not Linux: VIRTFS_HOST=portable, on the trees of a guest, beside what it says on Linux.

import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { withoutAttributes } from '../../src/host/attributes-by-path.js'
import type { Host } from '../../src/host/host-directory.js'
import { portableHostWith } from '../../src/host/portable-host.js'
import { Inspector } from '../../src/inspect/inspector.js'
import type { SecurityModel } from '../../src/ownership/security-models.js'
import { utf8Of } from '../../src/printable.js'
import { Guest } from '../support/host/guest.js'
import { virtfs } from './run.js'

const PORTABLE = { env: { VIRTFS_HOST: 'portable' } }

let guest: Guest | undefined
afterEach(() => guest?.[Symbol.dispose]())

/** What a guest makes in a tree of its own; the names of all of it. */
function filled(model: SecurityModel): readonly string[] {
  guest = new Guest(model)
  guest.make('etc', { mode: 0o040755, uid: 0, gid: 0 })
  guest.make('etc/passwd', { mode: 0o100640, uid: 1000, gid: 100 })
  guest.make('fifo', { mode: 0o010604, uid: 1, gid: 2 })
  guest.make('link', { mode: 0o120777, target: 'etc/passwd', uid: 3, gid: 4 })
  guest.make('device', { mode: 0o020666, rdev: { major: 1, minor: 300 }, uid: 5, gid: 6 })
  writeFileSync(guest.tree.at('etc/plain'), '')
  // Once a directory was read after it was changed, hosts do not note again that it is: node:fs cannot ask them not to.
  execFileSync('find', [guest.tree.path])
  return ['', 'etc', 'etc/passwd', 'etc/plain', 'fifo', 'link', 'device'].map((name) => guest!.tree.at(name))
}

/** Without what is free on the file system (df), which others use meanwhile. */
const steady = (text: string): string =>
  text
    .replace(/("(?:free|available|filesFree)": )\d+/g, '$1#')
    .replace(/^((?:mapped-.*\)|total) +\d+).*(?= )/gm, '$1 #')

describe.each(['mapped-xattr', 'mapped-file'] as const)('a tree of %s', (model) => {
  it('is the same on both, to the last member', () => {
    const paths = filled(model)
    const onLinux = virtfs(['stat', '--json', ...paths])
    const elsewhere = virtfs(['stat', '--json', ...paths], PORTABLE)
    expect(elsewhere).toEqual(onLinux)
    const { entries } = JSON.parse(elsewhere.stdout) as { entries: object[] }
    expect(entries).toHaveLength(paths.length)
    expect(entries[2]).toMatchObject({ mode: '0640', uid: 1000, gid: 100, model })
  })

  it.each([
    ['ls', '-laR'],
    ['ls', '-R', '--jsonl'],
    ['df', '--by', 'group', '--json'],
    ['df', '-i', '--total'],
    ['stat', '-R', '--jsonl'],
    ['stat', '-R', '-c', '%n %U %G %A %s'],
  ])('is the same on both, all of it: %s %s %s', (...args) => {
    filled(model)
    const onLinux = virtfs([...args, guest!.tree.path])
    const elsewhere = virtfs([...args, guest!.tree.path], PORTABLE)
    // The order in which a walk comes by the entries is each host's own.
    const lines = (text: string): string[] => steady(text).split('\n').sort()
    expect({ ...elsewhere, stdout: lines(elsewhere.stdout) }).toEqual({ ...onLinux, stdout: lines(onLinux.stdout) })
    expect(onLinux.exitCode).toBe(0)
    expect(onLinux.stdout).not.toBe('')
  })

  it('is found with its symlinks followed, through links of the host to it', () => {
    filled(model)
    const link = `${guest!.tree.path}-link`
    symlinkSync(guest!.tree.path, link)
    try {
      const args = ['stat', '-L', '-c', '%n %u:%g %a %F %{model}', `${link}/link`]
      const expected = { stdout: `${link}/link 1000:100 640 regular empty file ${model}\n`, stderr: '', exitCode: 0 }
      expect(virtfs(args, PORTABLE)).toEqual(expected)
      expect(virtfs(args)).toEqual(expected)
    } finally {
      guest!.tree[Symbol.dispose]()
    }
  })
})

describe.each(['darwin', 'freebsd'])('where the system is %s', (platform) => {
  // Only the name is: whatever goes by it is as there, and the rest as here.
  const pretend = `Object.defineProperty(process,'platform',{value:'${platform}'})`
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(pretend).replaceAll("'", '%27')}` }

  it('trees are looked at without koffi', () => {
    const paths = filled('mapped-xattr')
    expect(virtfs(['stat', '--json', ...paths], { env })).toEqual(virtfs(['stat', '--json', ...paths]))
  })

  it('nothing is served', () => {
    filled('mapped-xattr')
    const { path } = guest!.tree
    const stderr = `virtfs: Cannot serve "${path}": ENOSYS (serving needs Linux on x86-64 or arm64)\n`
    const args = ['serve', path, '--security-model', 'mapped-xattr', '--listen', `unix:${path}/socket`]
    expect(virtfs(args, { env })).toEqual({ stdout: '', stderr, exitCode: 2 })
  })
})

it('another host is refused, by those who look at trees', () => {
  const env = { VIRTFS_HOST: 'windows' }
  const stderr = 'virtfs: Cannot use VIRTFS_HOST="windows": it may be "portable" or unset\n'
  expect(virtfs(['stat', '/'], { env })).toEqual({ stdout: '', stderr, exitCode: 2 })
  expect(virtfs(['stat', '--help'], { env })).toMatchObject({ stderr: '', exitCode: 0 })
})

describe('without fs-xattr', () => {
  const REASON = 'fs-xattr is not installed: npm install fs-xattr'
  const host: Host = portableHostWith(withoutAttributes(REASON))
  const look = (model: SecurityModel | undefined, path: string): string => {
    using inspector = new Inspector({ model }, host)
    const entry = inspector.entry(utf8Of(path), false)
    return `${entry.model} ${entry.guest.uid} ${entry.problems.length}`
  }

  it.each([
    [undefined, 'may have attributes that cannot be read (fs-xattr is not installed: npm install fs-xattr)'],
    ['mapped-xattr', 'Cannot read user.virtfs attributes: fs-xattr is not installed: npm install fs-xattr'],
  ] as const)('a tree of attributes is not taken for another one: %s', (model, why) => {
    filled('mapped-xattr')
    expect(() => look(model, guest!.tree.at('etc/passwd'))).toThrow(why)
  })

  it('an empty tree is not taken for one without attributes', () => {
    guest = new Guest('mapped-xattr')
    mkdirSync(guest.tree.at('empty'))
    expect(() => look(undefined, guest!.tree.at('empty'))).toThrow('may have attributes')
  })

  it('trees that need none are looked at', () => {
    filled('mapped-file')
    expect(look(undefined, guest!.tree.at('etc/passwd'))).toBe('mapped-file 1000 0')
    expect(look('mapped-file', guest!.tree.at('etc/passwd'))).toBe('mapped-file 1000 0')
    expect(look('passthrough', guest!.tree.at('etc'))).toMatch(/^passthrough \d+ /)
  })
})
