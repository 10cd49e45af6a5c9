// The comparison that the suites with QEMU rest on: it finds every kind of difference, and says what each side has.

import { expect, it } from 'vitest'
import { differences } from './differences.js'

const entry = { path: 'd/f', mode: '0644', mtime: [1, 2], xattrs: { 'user.a': '76' } }
const side = (name: string, ...entries: (typeof entry)[]) => ({ name, entries })

it('equal sides have none, whatever the order of members', () => {
  const { path, ...rest } = entry
  expect(differences(side('a', entry), side('b', { ...rest, path }))).toEqual([])
})

it('a member that differs is shown with both values', () => {
  const other = { ...entry, mode: '0600', xattrs: { 'user.a': '77' } }
  expect(differences(side('QEMU', entry), side('virtfs', other))).toEqual([
    '"d/f" mode: QEMU "0644", virtfs "0600"',
    '"d/f" xattrs: QEMU {"user.a":"76"}, virtfs {"user.a":"77"}',
  ])
})

it('an object of one side only is named, from either side', () => {
  expect(differences(side('QEMU', entry), side('virtfs'))).toEqual(['"d/f": only in QEMU'])
  expect(differences(side('QEMU'), side('virtfs', entry))).toEqual(['"d/f": only in virtfs'])
})

it('a tolerance covers its own member of its own objects only', () => {
  const other = { ...entry, mtime: [3, 4] }
  const tolerated = (path: string) => [
    { field: 'mtime' as const, of: (e: typeof entry) => e.path === path, because: 'a clock set it' },
  ]
  expect(differences(side('a', entry), side('b', other), tolerated('d/f'))).toEqual([])
  expect(differences(side('a', entry), side('b', other), tolerated('other'))).toEqual(['"d/f" mtime: a [1,2], b [3,4]'])
  expect(differences(side('a', entry), side('b', { ...other, mode: '0' }), tolerated('d/f'))).toHaveLength(1)
})

it('a long value is cut, a path of strange bytes readable', () => {
  const name = 'caf\xe9\n'
  const a = { ...entry, path: name, mode: 'x'.repeat(1000) }
  const [line = ''] = differences(side('a', a), side('b', { ...a, mode: '' }))
  expect(line).toMatch(/^"café\\n" mode: a "x{299}… \(1002 characters\), b ""$/)
})
