// What kinds of object there are, and that each is for the guest what it asked for.

import { lstatSync, symlinkSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { expect } from 'vitest'
import { guestGid, guestUid, NO_ID } from '../../../src/ids.js'
import {
  O_EXCL,
  O_RDWR,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFREG,
  S_IFSOCK,
} from '../../../src/sys/constants.js'
import { refusalOf } from '../../support/refusal.js'
import { snapshot } from '../../support/snapshot.js'
import type { ViewedTree } from '../../support/viewed-tree.js'
import type { Case, Need } from '../case.js'

interface Kind {
  readonly kind: string
  readonly type: number
  readonly needs?: readonly Need[]
  make(tree: ViewedTree, path: string): void
}

const DISK = { major: 8, minor: 1 }

/** Every kind of object, made with the permissions that `MODE` has. */
export const kinds: readonly Kind[] = [
  { kind: 'file', type: S_IFREG, make: (tree, path) => tree.write(path, '', 0o640) },
  { kind: 'directory', type: S_IFDIR, make: (tree, path) => tree.mkdir(path, 0o640) },
  { kind: 'fifo', type: S_IFIFO, make: (tree, path) => tree.mknod(path, S_IFIFO | 0o640) },
  { kind: 'socket', type: S_IFSOCK, make: (tree, path) => tree.mknod(path, S_IFSOCK | 0o640) },
  {
    kind: 'char device',
    type: S_IFCHR,
    needs: ['devices'],
    make: (tree, path) => tree.mknod(path, S_IFCHR | 0o640, DISK),
  },
  {
    kind: 'block device',
    type: S_IFBLK,
    needs: ['devices'],
    make: (tree, path) => tree.mknod(path, S_IFBLK | 0o640, DISK),
  },
]

const made: readonly Case[] = kinds.flatMap(({ kind, type, needs = [], make }) => [
  {
    title: `a ${kind} has the type, mode and owner that it was made with`,
    needs: ['owners', ...needs],
    run: (tree) => {
      make(tree, 'made')
      expect(tree.show('made')).toBe(`1000:1001 0${(type | 0o640).toString(8)}`)
      expect(tree.stat('made').rdev).toEqual(needs.includes('devices') ? DISK : { major: 0, minor: 0 })
    },
  },
  {
    title: `a ${kind} takes any permission bits and stays one`,
    needs,
    run: (tree) => {
      make(tree, 'made')
      for (const mode of [0o0, 0o777, 0o1755, type === S_IFREG ? 0o4755 : 0o0711]) {
        tree.chmod('made', mode)
        expect(tree.stat('made').mode).toBe(type | mode)
      }
    },
  },
  {
    title: `a ${kind} is given away`,
    needs: ['owners', ...needs],
    run: (tree) => {
      make(tree, 'made')
      tree.chown('made', 7, 8)
      expect(tree.show('made')).toBe(`7:8 0${(type | 0o640).toString(8)}`)
    },
  },
  {
    title: `a ${kind} is listed with its type`,
    needs,
    run: (tree) => {
      make(tree, 'made')
      expect(tree.list('').map(({ name, stat }) => [name, stat.mode])).toEqual([['made', type | 0o640]])
    },
  },
  ...(type === S_IFDIR ? [] : [linked({ kind, type, needs, make })]),
])

function linked({ kind, type, needs = [], make }: Kind): Case {
  return {
    title: `a ${kind} gets a further name and loses the first`,
    needs,
    run: (tree) => {
      make(tree, 'made')
      tree.link('made', 'further')
      expect(tree.stat('further').host).toMatchObject({ ino: tree.stat('made').host.ino, nlink: 2 })
      tree.unlink('made')
      expect(tree.names('')).toEqual(['further'])
      expect(tree.stat('further').mode).toBe(type | 0o640)
    },
  }
}

const others: readonly Case[] = [
  {
    title: 'a symlink has its target, its size, mode 0777 and its owner',
    needs: ['owners'],
    run: (tree) => {
      tree.symlink('some/../where\xff\n', 'link')
      expect(tree.readlink('link')).toBe('some/../where\xff\n')
      expect(tree.show('link')).toBe('1000:1001 0120777')
      expect(tree.stat('link').host.size).toBe(15)
      expect(tree.list('')[0]?.stat.mode).toBe(S_IFLNK | 0o777)
    },
  },
  {
    title: 'a symlink is given away itself, and its target is not touched',
    needs: ['owners'],
    run: (tree) => {
      tree.write('target')
      tree.symlink('target', 'link')
      tree.chown('link', 7, 8)
      expect(tree.show('link')).toBe('7:8 0120777')
      expect(tree.show('target')).toBe('1000:1001 0100644')
    },
  },
  {
    title: 'a symlink gets a further name, and is not followed',
    run: (tree) => {
      tree.symlink('nowhere', 'link')
      tree.link('link', 'further')
      expect(tree.readlink('further')).toBe('nowhere')
    },
  },
  {
    title: 'a symlink keeps a target of 4,000 bytes',
    run: (tree) => {
      tree.symlink('x'.repeat(4000), 'link')
      expect(tree.readlink('link')).toBe('x'.repeat(4000))
    },
  },
  {
    title: 'a symlink keeps a target of 65,000 bytes',
    needs: ['mapped'],
    run: (tree) => {
      tree.symlink('x'.repeat(65_000), 'link')
      expect(tree.readlink('link')).toHaveLength(65_000)
    },
  },
  {
    title: 'a symlink may have an empty target',
    needs: ['mapped'],
    run: (tree) => {
      tree.symlink('', 'link')
      expect(tree.readlink('link')).toBe('')
    },
  },
  {
    title: 'an empty target is refused as symlink(2) does, and nothing is left',
    needs: ['real'],
    run: (tree) => {
      expect(refusalOf(() => tree.symlink('', 'link'))).toBe('ENOENT')
      expect(tree.names('')).toEqual([])
    },
  },
  {
    title: 'a symlink is on the host a regular file that holds the target and nothing else',
    needs: ['mapped'],
    run: (tree) => {
      tree.symlink('some/where', 'link')
      expect(lstatSync(tree.at('link')).mode).toBe(S_IFREG | 0o600)
      expect(lstatSync(tree.at('link')).size).toBe(10)
    },
  },
  {
    title: 'objects are on the host regular files 0600 and directories 0700, whatever the guest asked for',
    needs: ['mapped'],
    run: (tree) => {
      for (const { kind, make } of kinds) make(tree, kind)
      for (const { kind, type } of kinds) {
        expect(lstatSync(tree.at(kind)).mode).toBe(type === S_IFDIR ? S_IFDIR | 0o700 : S_IFREG | 0o600)
      }
    },
  },
  {
    title: 'objects are on the host what they are for the guest',
    needs: ['real'],
    run: (tree) => {
      for (const { kind, make } of kinds.slice(0, 4)) make(tree, kind)
      tree.symlink('some/where', 'symlink')
      for (const { kind, type } of kinds.slice(0, 4)) expect(lstatSync(tree.at(kind)).mode).toBe(type | 0o640)
      expect(lstatSync(tree.at('symlink')).isSymbolicLink()).toBe(true)
    },
  },
  {
    title: 'a set-user-id file, a set-group-id and a sticky directory are made as such',
    run: (tree) => {
      tree.create('setuid', O_RDWR, 0o4755)
      tree.mkdir('setgid', 0o2775)
      tree.mkdir('sticky', 0o1777)
      tree.mknod('node', S_IFREG | 0o6711)
      expect(tree.list('').map(({ name, stat }) => [name, stat.mode & 0o7777])).toEqual([
        ['node', 0o6711],
        ['setgid', 0o2775],
        ['setuid', 0o4755],
        ['sticky', 0o1777],
      ])
    },
  },
  {
    title: 'an owner of −1 is stored by no message that makes objects: the server shows through',
    run: (tree) => {
      const nobody = { uid: guestUid(NO_ID), gid: guestGid(NO_ID) }
      tree.mkdir('directory', 0o755, nobody)
      tree.create('file', O_RDWR, 0o644, nobody)
      tree.mknod('node', S_IFIFO | 0o644, undefined, nobody)
      tree.symlink('target', 'symlink', nobody)
      const server = { uid: process.geteuid?.(), gid: process.getegid?.() }
      for (const { stat } of tree.list('')) expect({ uid: stat.uid, gid: stat.gid }).toEqual(server)
    },
  },
  {
    title: 'mknod without type bits makes a regular file',
    run: (tree) => {
      tree.mknod('made', 0o640)
      expect(tree.stat('made').mode).toBe(S_IFREG | 0o640)
    },
  },
  {
    title: 'mknod makes no directory (EPERM), no symlink and no unknown type (EINVAL)',
    run: (tree) => {
      expect(refusalOf(() => tree.mknod('made', S_IFDIR | 0o755))).toBe('EPERM')
      expect(refusalOf(() => tree.mknod('made', S_IFLNK | 0o755))).toBe('EINVAL')
      expect(refusalOf(() => tree.mknod('made', 0o150755))).toBe('EINVAL')
      expect(tree.names('')).toEqual([])
    },
  },
  {
    title: 'bits of a mode beyond 07777 change neither the type nor anything else',
    run: (tree) => {
      tree.mkdir('directory', S_IFREG | 0o7000_0755)
      tree.create('file', O_RDWR, S_IFDIR | 0o7000_0644)
      expect(tree.list('').map(({ stat }) => stat.mode)).toEqual([S_IFDIR | 0o755, S_IFREG | 0o644])
    },
  },
  {
    title: 'every bit of a device number is kept',
    needs: ['wide devices'],
    run: (tree) => {
      const wide = { major: 0x12345, minor: 0x6789abcd }
      tree.mknod('made', S_IFCHR | 0o600, wide)
      expect(tree.stat('made').rdev).toEqual(wide)
    },
  },
  {
    title: 'a device number of 31 bits is kept',
    needs: ['devices'],
    run: (tree) => {
      tree.mknod('made', S_IFBLK | 0o600, { major: 0xfff, minor: 0x7ffff })
      expect(tree.stat('made').rdev).toEqual({ major: 0xfff, minor: 0x7ffff })
    },
  },
  {
    title: 'a device number that the host cannot keep is refused, and nothing is left',
    needs: ['real', 'devices'],
    run: (tree) => {
      expect(refusalOf(() => tree.mknod('made', S_IFCHR | 0o600, { major: 0x1000, minor: 0 }))).toBe('EINVAL')
      expect(tree.names('')).toEqual([])
    },
  },
  {
    title: 'whatever is made exclusively refuses a name that is taken, and leaves what has it',
    run: (tree) => {
      tree.write('taken', 'content')
      tree.symlink('nowhere', 'dangling')
      const before = snapshot(tree.path)
      for (const name of ['taken', 'dangling']) {
        expect(refusalOf(() => tree.mkdir(name))).toBe('EEXIST')
        expect(refusalOf(() => tree.mknod(name, S_IFIFO | 0o644))).toBe('EEXIST')
        expect(refusalOf(() => tree.symlink('target', name))).toBe('EEXIST')
        expect(refusalOf(() => tree.create(name, O_RDWR | O_EXCL))).toBe('EEXIST')
        expect(refusalOf(() => tree.link('taken', name))).toBe('EEXIST')
      }
      expect(snapshot(tree.path)).toEqual(before)
    },
  },
  {
    title: 'only a symlink can be read as one: EINVAL for every other kind',
    run: (tree) => {
      for (const { kind, make } of kinds.slice(0, 4)) {
        make(tree, kind)
        expect([kind, refusalOf(() => tree.readlink(kind))]).toEqual([kind, 'EINVAL'])
      }
    },
  },
  {
    title: 'a symlink that the host made is shown and read, and never opened',
    run: (tree) => {
      symlinkSync('/etc/passwd', tree.at('link'))
      expect(tree.stat('link').mode).toBe(S_IFLNK | 0o777)
      expect(tree.readlink('link')).toBe('/etc/passwd')
      expect(refusalOf(() => tree.open('link'))).toBe('ELOOP')
      expect(refusalOf(() => tree.create('link', O_RDWR))).toBe('ELOOP')
    },
  },
  {
    title: 'a symlink that the host made has no place for another mode (EOPNOTSUPP)',
    needs: ['in the inode'],
    run: (tree) => {
      symlinkSync('/etc/passwd', tree.at('link'))
      expect(refusalOf(() => tree.chmod('link', 0o600))).toBe('EOPNOTSUPP')
      expect(tree.stat('link').mode).toBe(S_IFLNK | 0o777)
    },
  },
  {
    title: 'a fifo that the host made is shown and never opened',
    run: (tree) => {
      execFileSync('mkfifo', ['-m', '640', '--', String(tree.at('fifo'))])
      expect(tree.stat('fifo').mode).toBe(S_IFIFO | 0o640)
      expect(refusalOf(() => tree.open('fifo'))).toBe('ENXIO')
      expect(refusalOf(() => tree.open('fifo', O_RDWR))).toBe('ENXIO')
      expect(refusalOf(() => tree.create('fifo', O_RDWR))).toBe('ENXIO')
    },
  },
]

export const kindCases = [...made, ...others]
