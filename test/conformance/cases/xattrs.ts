// Extended attributes: the guest's own, those that hold ACLs, and those that are not for the guest (reference §2.3).

import { symlinkSync } from 'node:fs'
import { expect } from 'vitest'
import { XATTR_CREATE, XATTR_REPLACE } from '../../../src/sys/constants.js'
import { refusalOf } from '../../support/refusal.js'
import { snapshot } from '../../support/snapshot.js'
import type { Case } from '../case.js'
import { attributesAt } from '../../support/host/oracle.js'
import { kinds } from './kinds.js'

const ACCESS = 'system.posix_acl_access'
const DEFAULT = 'system.posix_acl_default'
/** Version 2, then tag, permissions and id of each entry: owner rw, user 4242 r, group r, mask r, others none. */
const ACL = Buffer.from(
  ['02000000', '01000600ffffffff', '0200040092100000', '04000400ffffffff', '10000400ffffffff', '20000000ffffffff'].join(
    '',
  ),
  'hex',
).toString('latin1')

export const xattrCases: readonly Case[] = [
  {
    title: 'attributes are set, read, listed and removed, on files and directories',
    run: (tree) => {
      tree.write('file')
      tree.mkdir('directory')
      for (const path of ['file', 'directory', '']) {
        tree.setxattr(path, 'user.one', 'first\0\xff')
        tree.setxattr(path, 'user.two', '')
        expect(tree.getxattr(path, 'user.one')).toBe('first\0\xff')
        expect(tree.getxattr(path, 'user.two')).toBe('')
        expect(tree.listxattr(path).filter((name) => !name.startsWith('user.virtfs.'))).toEqual([
          'user.one',
          'user.two',
        ])
        tree.removexattr(path, 'user.one')
        expect(refusalOf(() => tree.getxattr(path, 'user.one'))).toBe('ENODATA')
      }
    },
  },
  {
    title: 'XATTR_CREATE refuses an attribute that is there (EEXIST), XATTR_REPLACE one that is not (ENODATA)',
    run: (tree) => {
      tree.write('file')
      expect(refusalOf(() => tree.setxattr('file', 'user.one', 'x', XATTR_REPLACE))).toBe('ENODATA')
      tree.setxattr('file', 'user.one', 'first', XATTR_CREATE)
      expect(refusalOf(() => tree.setxattr('file', 'user.one', 'x', XATTR_CREATE))).toBe('EEXIST')
      tree.setxattr('file', 'user.one', 'second', XATTR_REPLACE)
      expect(tree.getxattr('file', 'user.one')).toBe('second')
      expect(refusalOf(() => tree.removexattr('file', 'user.two'))).toBe('ENODATA')
    },
  },
  {
    title: 'names of other namespaces are not supported (EOPNOTSUPP), "user." is invalid (EINVAL)',
    run: (tree) => {
      tree.write('file')
      const names = ['trusted.overlay.opaque', 'security.capability', 'security.selinux', 'system.other', 'plain', '']
      for (const name of [...names, `${ACCESS}X`, 'USER.one']) {
        expect(refusalOf(() => tree.getxattr('file', name))).toBe('EOPNOTSUPP')
        expect(refusalOf(() => tree.setxattr('file', name, 'x'))).toBe('EOPNOTSUPP')
        expect(refusalOf(() => tree.removexattr('file', name))).toBe('EOPNOTSUPP')
      }
      expect(refusalOf(() => tree.getxattr('file', 'user.'))).toBe('EINVAL')
      expect(refusalOf(() => tree.setxattr('file', 'user.', 'x'))).toBe('EINVAL')
    },
  },
  {
    title: 'names and values that are too long are refused as the host does, and change nothing',
    run: (tree) => {
      tree.write('file')
      const before = snapshot(tree.path)
      expect(refusalOf(() => tree.setxattr('file', `user.${'x'.repeat(251)}`, 'x'))).toBe('ERANGE')
      expect(refusalOf(() => tree.getxattr('file', `user.${'x'.repeat(60_000)}`))).toBe('ERANGE')
      expect(refusalOf(() => tree.setxattr('file', 'user.one', 'x'.repeat(65_537)))).toBe('E2BIG')
      expect(snapshot(tree.path)).toEqual(before)
    },
  },
  {
    title: 'the store’s own attributes do not exist for the guest: get ENODATA, set and remove EACCES, never listed',
    needs: ['attributes'],
    run: (tree) => {
      tree.write('file', '', 0o4711)
      const before = snapshot(tree.path)
      for (const name of ['user.virtfs.uid', 'user.virtfs.mode', 'user.virtfs.other', `user.virtfs.${ACCESS}`]) {
        expect(refusalOf(() => tree.getxattr('file', name))).toBe('ENODATA')
        expect(refusalOf(() => tree.setxattr('file', name, 'x'))).toBe('EACCES')
        expect(refusalOf(() => tree.removexattr('file', name))).toBe('EACCES')
      }
      expect(tree.listxattr('file')).toEqual([])
      expect(snapshot(tree.path)).toEqual(before)
      tree.setxattr('file', 'user.virtfs', 'without the dot')
      expect(tree.listxattr('file')).toEqual(['user.virtfs'])
    },
  },
  {
    title: '"user.virtfs." is a name like any other where the store does not use it',
    needs: ['side files'],
    run: (tree) => {
      tree.write('file')
      tree.setxattr('file', 'user.virtfs.uid', 'mine')
      expect(tree.listxattr('file')).toEqual(['user.virtfs.uid'])
    },
  },
  {
    title: 'ACLs are kept under the store’s prefix, where the host does not act on them',
    needs: ['inert acls'],
    run: (tree) => {
      tree.mkdir('directory')
      tree.setxattr('directory', ACCESS, ACL)
      tree.setxattr('directory', DEFAULT, ACL)
      expect(tree.getxattr('directory', ACCESS)).toBe(ACL)
      expect(tree.listxattr('directory')).toEqual([ACCESS, DEFAULT])
      expect(Object.keys(attributesAt(String(tree.at('directory'))))).toEqual([
        'user.virtfs.gid',
        'user.virtfs.mode',
        `user.virtfs.${ACCESS}`,
        `user.virtfs.${DEFAULT}`,
        'user.virtfs.uid',
      ])
      tree.removexattr('directory', ACCESS)
      tree.removexattr('directory', ACCESS)
      expect(tree.listxattr('directory')).toEqual([DEFAULT])
    },
  },
  {
    title: 'ACLs are attributes of symlinks and special files, too',
    needs: ['inert acls'],
    run: (tree) => {
      tree.symlink('target', 'link')
      tree.setxattr('link', ACCESS, ACL)
      expect(tree.getxattr('link', ACCESS)).toBe(ACL)
      expect(tree.readlink('link')).toBe('target')
    },
  },
  ...kinds.map(({ kind, needs = [], make }): Case => ({
    // A Linux client with posixacl asks so of everything it looks at, and cannot use what is refused otherwise (EIO).
    title: `a ${kind} without ACLs says so in one of the ways that Linux takes for that`,
    needs,
    run: (tree) => {
      make(tree, 'made')
      for (const name of [ACCESS, DEFAULT]) {
        expect(['ENODATA', 'EOPNOTSUPP']).toContain(refusalOf(() => tree.getxattr('made', name)))
      }
    },
  })),
  {
    title: 'a symlink without ACLs says so in one of the ways that Linux takes for that, whoever made it',
    run: (tree) => {
      tree.symlink('target', 'made')
      symlinkSync('target', tree.at('of the host'))
      for (const path of ['made', 'of the host']) {
        for (const name of [ACCESS, DEFAULT]) {
          expect(['ENODATA', 'EOPNOTSUPP']).toContain(refusalOf(() => tree.getxattr(path, name)))
        }
      }
    },
  },
  {
    title: 'an ACL is set, read and removed',
    needs: ['acls'],
    run: (tree) => {
      tree.write('file')
      tree.setxattr('file', ACCESS, ACL)
      expect(tree.getxattr('file', ACCESS)).toBe(ACL)
      expect(tree.listxattr('file')).toContain(ACCESS)
      tree.removexattr('file', ACCESS)
      expect(tree.listxattr('file')).not.toContain(ACCESS)
    },
  },
  {
    title: 'attributes travel with a rename and are shared by hard links',
    run: (tree) => {
      tree.mkdir('below')
      tree.write('file')
      tree.setxattr('file', 'user.one', 'value')
      tree.link('file', 'below/further')
      tree.rename('file', 'renamed')
      expect(tree.getxattr('renamed', 'user.one')).toBe('value')
      tree.setxattr('below/further', 'user.one', 'changed')
      expect(tree.getxattr('renamed', 'user.one')).toBe('changed')
    },
  },
  {
    title: 'a symlink of the host’s has no attributes of the guest’s (EPERM)',
    needs: ['real'],
    run: (tree) => {
      tree.write('target')
      tree.symlink('target', 'link')
      expect(refusalOf(() => tree.setxattr('link', 'user.one', 'x'))).toBe('EPERM')
      expect(tree.listxattr('target')).toEqual([])
    },
  },
]
