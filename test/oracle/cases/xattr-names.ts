// Extended attributes: which names there are, and what each model makes of them (reference §2.3).

import { expect } from 'vitest'
import { bytes, type Case, getAttribute, mapped, outcomes, setAttribute, stat } from '../case.js'
import type { Pair } from '../pair.js'

const DONE = ['Rclunk', 'Rclunk']
const both = (code: string): string[] => [code, code]

/** A POSIX ACL in the kernel's form: version 2, and user::rw-, user:7:r--, group::r--, mask::r--, other::---. */
const ACL = Buffer.from(
  '02000000' + '01000600ffffffff' + '0200040007000000' + '04000400ffffffff' + '10000400ffffffff' + '20000000ffffffff',
  'hex',
).toString('latin1')

/** The names in a list. */
const namesIn = (list: string): string[] =>
  list
    .split('\0')
    .filter((text) => text !== '')
    .sort()

const create = (pair: Pair, attribute: string, attrSize: number, flags = 0, fid = 1) =>
  pair.call('Txattrcreate', { fid, name: attribute, attrSize, flags })
const clunk = (pair: Pair, fid = 1) => outcomes(pair.send('Tclunk', { fid }))
const write = (pair: Pair, text: string, offset = 0, fid = 1) => pair.call('Twrite', { fid, offset, data: bytes(text) })

/** Names in no model's reach. */
const FOREIGN = ['trusted.x', 'security.selinux', 'security.capability', 'system.other', 'note', 'user', 'User.x']

export const xattrNameCases: readonly Case[] = [
  {
    title: 'names outside the user’s are EOPNOTSUPP, to read and to set',
    async run(pair) {
      for (const foreign of FOREIGN) {
        expect(await getAttribute(pair, 'file', foreign)).toBe('EOPNOTSUPP')
        expect(await setAttribute(pair, 'file', foreign, 'x')).toEqual(both('EOPNOTSUPP'))
        expect(await setAttribute(pair, 'file', foreign, '')).toEqual(both('EOPNOTSUPP'))
      }
      expect(await setAttribute(pair, 'file', '', 'x')).toEqual(both('EOPNOTSUPP'))
    },
  },
  {
    title: 'the name "user." is EINVAL',
    async run(pair) {
      expect(await getAttribute(pair, 'file', 'user.')).toBe('EINVAL')
    },
  },
  {
    title: 'a name of more than 255 bytes is what the host makes of it',
    async run(pair) {
      const long = `user.${'x'.repeat(251)}`
      await getAttribute(pair, 'file', long)
      await setAttribute(pair, 'file', long, 'x')
    },
  },
  {
    title: 'user.virtfs.* is not there in mapped-xattr: ENODATA to read, EACCES to set, not listed',
    models: ['mapped-xattr'],
    async run(pair) {
      for (const own of ['user.virtfs.uid', 'user.virtfs.mode', 'user.virtfs.', 'user.virtfs.anything']) {
        expect(await getAttribute(pair, 'file', own)).toBe('ENODATA')
        expect(await setAttribute(pair, 'file', own, 'x')).toEqual(both('EACCES'))
        expect(await setAttribute(pair, 'file', own, '')).toEqual(both('EACCES'))
      }
      expect(await getAttribute(pair, 'file', '')).toBe('user.note\0')
      expect(await setAttribute(pair, 'file', 'user.virtfs', 'x')).toEqual(DONE)
    },
  },
  {
    title: 'user.virtfs.* is an attribute like another where ownership is kept otherwise',
    models: ['mapped-file', 'passthrough', 'none'],
    async run(pair) {
      expect(await setAttribute(pair, 'file', 'user.virtfs.uid', 'x')).toEqual(DONE)
      expect(namesIn(await getAttribute(pair, 'file', ''))).toEqual(['user.note', 'user.virtfs.uid'])
    },
  },
  {
    title: 'ACLs are kept under other names in mapped-xattr, and removing an absent one succeeds',
    models: ['mapped-xattr'],
    async run(pair) {
      for (const [path, acl] of [
        ['file', 'access'],
        ['directory', 'default'],
      ] as const) {
        const attribute = `system.posix_acl_${acl}`
        expect(await getAttribute(pair, path, attribute)).toBe('ENODATA')
        expect(await setAttribute(pair, path, attribute, ACL)).toEqual(DONE)
        expect(await getAttribute(pair, path, attribute)).toBe(ACL)
        expect(namesIn(await getAttribute(pair, path, ''))).toContain(attribute)
        expect(await setAttribute(pair, path, attribute, '')).toEqual(DONE)
        expect(await setAttribute(pair, path, attribute, '')).toEqual(DONE)
      }
      expect(await setAttribute(pair, 'file', 'system.posix_acl_access', 'no ACL at all')).toEqual(DONE)
    },
  },
  {
    title: 'ACLs are the host’s in mapped-file and passthrough',
    models: ['mapped-file', 'passthrough'],
    async run(pair) {
      expect(await setAttribute(pair, 'file', 'system.posix_acl_access', ACL)).toEqual(DONE)
      expect(await getAttribute(pair, 'file', 'system.posix_acl_access')).toBe(ACL)
      expect(namesIn(await getAttribute(pair, 'file', ''))).toContain('system.posix_acl_access')
      await pair.walk('file', 1)
      await stat(pair, 1)
      await setAttribute(pair, 'file', 'system.posix_acl_access', 'no ACL at all')
      await setAttribute(pair, 'file', 'system.posix_acl_default', ACL)
      await setAttribute(pair, 'file', 'system.posix_acl_access', '')
      await setAttribute(pair, 'file', 'system.posix_acl_access', '')
    },
  },
  {
    title: 'there are no ACLs in none',
    models: ['none'],
    async run(pair) {
      for (const acl of ['system.posix_acl_access', 'system.posix_acl_default']) {
        expect(await getAttribute(pair, 'file', acl)).toBe('EOPNOTSUPP')
        expect(await setAttribute(pair, 'file', acl, ACL)).toEqual(both('EOPNOTSUPP'))
      }
    },
  },
  ...['system.posix_acl_accessX', 'system.posix_acl_default.more'].map((attribute): Case => ({
    title: `the attribute "${attribute}" is an ACL to QEMU, which looks at the beginning alone`,
    models: ['mapped-xattr'],
    async run(pair) {
      await pair.walk('file', 1)
      const body = { fid: 1, newfid: 2, name: attribute }
      expect(await outcomes(pair.send('Txattrwalk', body))).toEqual(['ENODATA', 'EOPNOTSUPP'])
    },
  })),
  ...['system.posix_acl_accessX', 'system.posix_acl_default.more'].map((attribute): Case => ({
    title: `the attribute "${attribute}" is not supported where ACLs are the host’s`,
    models: ['mapped-file', 'passthrough', 'none'],
    async run(pair) {
      expect(await getAttribute(pair, 'file', attribute)).toBe('EOPNOTSUPP')
      expect(await setAttribute(pair, 'file', attribute, 'x')).toEqual(both('EOPNOTSUPP'))
    },
  })),
  {
    title: 'an ACL name that only begins like one is set by QEMU alone',
    models: ['mapped-xattr'],
    async run(pair) {
      await pair.walk('file', 1)
      await create(pair, 'system.posix_acl_accessX', 1)
      await write(pair, 'x')
      expect(await clunk(pair)).toEqual(['Rclunk', 'EOPNOTSUPP'])
    },
  },
  {
    title: 'a stored ACL of a kind that there is none is listed by QEMU alone',
    models: ['mapped-xattr'],
    plant: (tree) => tree.attribute('file', 'user.virtfs.system.posix_acl_other', Buffer.from('x')),
    async run(pair) {
      await pair.walk('file', 1)
      const { qemu, ours } = await pair.send('Txattrwalk', { fid: 1, newfid: 2, name: '' })
      const sizes = [qemu, ours].map((reply) => reply.message === 'Rxattrwalk' && reply.body.size)
      expect(sizes).toEqual(['user.note\0system.posix_acl_other\0'.length, 'user.note\0'.length])
    },
  },
  {
    title: 'attributes of mapped symlinks, devices, fifos and sockets are the file’s that stands for them',
    models: mapped,
    async run(pair) {
      for (const path of ['link', 'fifo', 'socket', 'null']) {
        expect(await setAttribute(pair, path, 'user.a', 'x')).toEqual(DONE)
        expect(await getAttribute(pair, path, 'user.a')).toBe('x')
      }
    },
  },
  {
    title: 'symlinks, devices, fifos and sockets of the host have no user attributes',
    models: ['passthrough', 'none'],
    async run(pair) {
      for (const path of ['link', 'fifo', 'socket', 'null']) {
        await getAttribute(pair, path, 'user.a')
        await getAttribute(pair, path, '')
        await setAttribute(pair, path, 'user.a', 'x')
      }
    },
  },
  {
    title: 'a value that the host has no room for is not set',
    async run(pair) {
      await pair.begin(1000, 131_072)
      await setAttribute(pair, 'file', 'user.large', 'x'.repeat(65_536))
      await setAttribute(pair, 'file', 'user.large', 'x'.repeat(3000))
    },
  },
]
