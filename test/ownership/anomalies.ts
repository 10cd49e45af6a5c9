// Anomalies of stored trees, made on disk, with what is to be reported of each.

import { execFileSync } from 'node:child_process'
import { linkSync, mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import type { ProblemCode } from '../../src/ownership/problems.js'
import { setxattr } from '../../src/sys/xattr.js'
import type { Guest } from '../support/host/guest.js'

export const FILE = { mode: 0o100644, uid: 1000, gid: 1001 }
const SYMLINK = { mode: 0o120777, uid: 1000, gid: 1001 }

function setHex(guest: Guest, path: string, name: string, hex: string): void {
  using object = guest.tree.object(path)
  setxattr(object.handle(), name, Buffer.from(hex, 'hex'))
}

const attribute = (key: string, hex: string) => (guest: Guest) => setHex(guest, 'made', `user.virtfs.${key}`, hex)
const record = (text: string) => (guest: Guest) => writeFileSync(guest.tree.at('.virtfs_metadata/made'), text, 'latin1')
const content = (bytes: string) => (guest: Guest) => writeFileSync(guest.tree.at('made'), bytes, 'latin1')
const nothing = (): void => {}

/** One anomaly: what `made` is, what is done to it, and what is then reported of it (or of `path`). */
export interface Anomaly {
  readonly title: string
  readonly codes: readonly ProblemCode[]
  readonly made?: typeof FILE & { rdev?: { major: number; minor: number }; target?: string }
  readonly spoil: (guest: Guest) => void
  readonly path?: string
}

const device = { mode: 0o020644, uid: 0, gid: 0 }

/** What can be wrong in either mapped model: `setMode` stores a mode as the model keeps it. */
const inBoth = (setMode: (mode: number) => (guest: Guest) => void): Anomaly[] => [
  { title: 'an object as it should be', codes: [], spoil: nothing },
  { title: 'a symlink as it should be', codes: [], made: { ...SYMLINK, target: 'a/b' }, spoil: nothing },
  { title: 'a device as it should be', codes: [], made: { ...device, rdev: { major: 1, minor: 3 } }, spoil: nothing },
  { title: 'a mode without a file type', codes: ['mode-without-type'], spoil: setMode(0o644) },
  { title: 'a mode of a file type that does not exist', codes: ['mode-of-unknown-type'], spoil: setMode(0o030644) },
  { title: 'a mode with bits beyond the 16th', codes: ['mode-beyond-16-bits'], spoil: setMode(0x1_81a4) },
  { title: 'a file that is a directory for the guest', codes: ['type-mismatch'], spoil: setMode(0o040755) },
  {
    title: 'a directory that is a file for the guest',
    codes: ['type-mismatch'],
    made: { ...FILE, mode: 0o040755 },
    spoil: setMode(0o100644),
  },
  { title: 'an empty symlink', codes: ['symlink-empty'], made: SYMLINK, spoil: content('') },
  { title: 'a symlink with NUL', codes: ['symlink-with-nul'], made: SYMLINK, spoil: content('a\0b') },
  { title: 'a symlink with a newline', codes: ['symlink-with-newline'], made: SYMLINK, spoil: content('a\n') },
  { title: 'a symlink of 4095 bytes', codes: [], made: SYMLINK, spoil: content('x'.repeat(4095)) },
  { title: 'a symlink of 4096 bytes', codes: ['symlink-too-long'], made: SYMLINK, spoil: content('x'.repeat(4096)) },
  { title: 'a device without a number', codes: ['device-without-number'], made: device, spoil: nothing },
  { title: 'a fifo without a number', codes: [], made: { ...device, mode: 0o010644 }, spoil: nothing },
  {
    title: 'a device with content',
    codes: ['special-with-content'],
    made: { ...device, rdev: { major: 1, minor: 3 } },
    spoil: content('x'),
  },
  {
    title: 'a fifo with content',
    codes: ['special-with-content'],
    made: { ...device, mode: 0o010644 },
    spoil: content('x'),
  },
  {
    title: 'a socket with content',
    codes: ['special-with-content'],
    made: { ...device, mode: 0o140644 },
    spoil: content('x'),
  },
  {
    title: 'a symlink that a host process made',
    codes: ['host-symlink'],
    spoil: (g) => symlinkSync('x', g.tree.at('link')),
    path: 'link',
  },
  {
    title: 'a fifo that a host process made',
    codes: ['host-special'],
    spoil: (g) => void execFileSync('mkfifo', [g.tree.at('fifo')]),
    path: 'fifo',
  },
  {
    title: 'an object that a host process made, for which nothing is stored',
    codes: [],
    spoil: (g) => writeFileSync(g.tree.at('plain'), ''),
    path: 'plain',
  },
]

export const inAttributes: Anomaly[] = [
  ...inBoth((mode) => {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32LE(mode)
    return attribute('mode', bytes.toString('hex'))
  }),
  { title: 'an id of a wrong width', codes: ['wrong-width'], spoil: attribute('uid', 'e803') },
  { title: 'an empty attribute', codes: ['wrong-width'], spoil: attribute('gid', '') },
  { title: 'a device number of a wrong width', codes: ['wrong-width'], spoil: attribute('rdev', '010203') },
  { title: 'a mode of two bytes', codes: ['macos-width'], spoil: attribute('mode', 'a481') },
  { title: 'a device number of four bytes', codes: ['macos-width'], spoil: attribute('rdev', '03000001') },
  { title: 'a mode in big-endian order', codes: ['big-endian-mode'], spoil: attribute('mode', '000081a4') },
  { title: 'a uid of -1', codes: ['id-minus-one'], spoil: attribute('uid', 'ffffffff') },
  {
    title: 'both ids of -1',
    codes: ['id-minus-one', 'id-minus-one'],
    spoil: (g) => (attribute('uid', 'ffffffff')(g), attribute('gid', 'ffffffff')(g)),
  },
  { title: 'an unknown attribute', codes: ['unknown-attribute'], spoil: attribute('flags', '00') },
  {
    title: 'an ACL neither access nor default',
    codes: ['unknown-acl'],
    spoil: attribute('system.posix_acl_nfs4', '00'),
  },
  {
    title: 'the two ACLs that there are',
    codes: [],
    spoil: (g) => (attribute('system.posix_acl_access', '02')(g), attribute('system.posix_acl_default', '02')(g)),
  },
  {
    title: 'a real ACL of the host',
    codes: ['real-acl'],
    // u::rw-, u:1000:r--, g::r--, m::r--, o::---
    spoil: (g) =>
      setHex(
        g,
        'made',
        'system.posix_acl_access',
        '0200000001000600ffffffff02000400e803000004000400ffffffff10000400ffffffff20000000ffffffff',
      ),
  },
  {
    title: 'records of both kinds',
    codes: ['both-records'],
    spoil: (g) => (
      mkdirSync(g.tree.at('.virtfs_metadata')),
      writeFileSync(g.tree.at('.virtfs_metadata/made'), 'virtfs.uid=1\n')
    ),
  },
  {
    title: 'a record of the other kind alone',
    codes: ['foreign-record'],
    spoil: (g) => (
      mkdirSync(g.tree.at('.virtfs_metadata')),
      writeFileSync(g.tree.at('plain'), ''),
      writeFileSync(g.tree.at('.virtfs_metadata/plain'), 'virtfs.uid=1\n')
    ),
    path: 'plain',
  },
]

export const inRecords: Anomaly[] = [
  ...inBoth((mode) => record(`virtfs.mode=${mode}\n`)),
  { title: 'an empty record', codes: ['record-empty'], spoil: record('') },
  { title: 'a key twice', codes: ['record-duplicate-key'], spoil: record('virtfs.uid=1\nvirtfs.uid=2\n') },
  { title: 'an unknown line', codes: ['record-unknown-line'], spoil: record('virtfs.flags=1\nvirtfs.uid=2\n') },
  { title: 'a blank before a key', codes: ['record-unknown-line'], spoil: record(' virtfs.uid=2\n') },
  { title: 'empty lines', codes: [], spoil: record('virtfs.uid=2\n\n\n\n') },
  { title: 'CRLF line ends', codes: ['record-crlf'], spoil: record('virtfs.uid=1\r\nvirtfs.gid=2\r\n') },
  { title: 'a key without an equals sign', codes: ['record-odd-separator'], spoil: record('virtfs.uid:5\n') },
  { title: 'a value that is no number', codes: ['record-odd-number'], spoil: record('virtfs.uid=root\n') },
  { title: 'a number in octal', codes: ['record-odd-number'], spoil: record('virtfs.uid=0755\n') },
  { title: 'a number over 32 bits', codes: ['record-odd-number'], spoil: record('virtfs.uid=4294967297\n') },
  { title: 'an unsigned number over 31 bits', codes: ['record-odd-number'], spoil: record('virtfs.uid=4294967294\n') },
  { title: 'a negative id', codes: [], spoil: record('virtfs.uid=-2\n') },
  { title: 'a uid of -1', codes: ['id-minus-one'], spoil: record('virtfs.uid=-1\n') },
  { title: 'a negative device number', codes: [], spoil: record('virtfs.rdev=-1837385536\n') },
  {
    title: 'an over-long line',
    codes: ['record-unknown-line', 'record-long-line'],
    spoil: record(`${'x'.repeat(120)}\n`),
  },
  {
    title: 'a record of 1 GiB',
    codes: ['record-too-long'],
    spoil: (g) => truncateSync(g.tree.at('.virtfs_metadata/made'), 2 ** 30),
  },
  {
    title: 'a record that is a directory',
    codes: ['record-not-a-file'],
    spoil: (g) => (rmSync(g.tree.at('.virtfs_metadata/made')), mkdirSync(g.tree.at('.virtfs_metadata/made'))),
  },
  {
    title: 'a record that is a symlink',
    codes: ['record-not-a-file'],
    spoil: (g) => (rmSync(g.tree.at('.virtfs_metadata/made')), symlinkSync('x', g.tree.at('.virtfs_metadata/made'))),
  },
  {
    title: 'a record that has more names than its object',
    codes: ['hard-link-mismatch'],
    spoil: (g) => linkSync(g.tree.at('.virtfs_metadata/made'), g.tree.at('outside')),
  },
  {
    title: 'an object that has more names than its record',
    codes: ['hard-link-mismatch'],
    spoil: (g) => linkSync(g.tree.at('made'), g.tree.at('other')),
  },
  { title: 'hard links as they should be', codes: [], spoil: (g) => g.link('made', 'other') },
  {
    title: 'a directory, whose links are its subdirectories',
    codes: [],
    made: { ...FILE, mode: 0o040755 },
    spoil: (g) => mkdirSync(g.tree.at('made/below')),
  },
  {
    title: 'records of objects that are gone',
    codes: ['orphan-records'],
    spoil: (g) => rmSync(g.tree.at('made')),
    path: '',
  },
  {
    title: 'a directory among the records',
    codes: ['nested-metadata'],
    spoil: (g) => mkdirSync(g.tree.at('.virtfs_metadata/sub')),
    path: '',
  },
  {
    title: '.virtfs_metadata in .virtfs_metadata',
    codes: ['nested-metadata'],
    spoil: (g) => writeFileSync(g.tree.at('.virtfs_metadata/.virtfs_metadata'), ''),
    path: '',
  },
  {
    title: 'a .virtfs_metadata that is a file',
    codes: ['metadata-not-a-directory'],
    spoil: (g) => (
      rmSync(g.tree.at('.virtfs_metadata'), { recursive: true }),
      writeFileSync(g.tree.at('.virtfs_metadata'), '')
    ),
  },
  {
    title: 'a .virtfs_metadata that is a symlink',
    codes: ['metadata-not-a-directory'],
    spoil: (g) => (
      rmSync(g.tree.at('.virtfs_metadata'), { recursive: true }),
      symlinkSync('x', g.tree.at('.virtfs_metadata'))
    ),
  },
  { title: 'attributes of the other kind besides', codes: ['both-records'], spoil: attribute('uid', '01000000') },
  {
    title: 'attributes of the other kind alone',
    codes: ['foreign-record'],
    spoil: (g) => (writeFileSync(g.tree.at('plain'), ''), setHex(g, 'plain', 'user.virtfs.mode', 'a4810000')),
    path: 'plain',
  },
  {
    title: 'a malformed record of the root',
    codes: ['record-unknown-line'],
    spoil: (g) => writeFileSync(g.tree.at('.virtfs_metadata_root'), 'x\n'),
    path: '',
  },
]

export const inInodes: Anomaly[] = [
  { title: 'any object', codes: [], spoil: nothing },
  { title: 'attributes', codes: ['foreign-record'], spoil: attribute('uid', '01000000') },
  {
    title: 'a record',
    codes: ['foreign-record'],
    spoil: (g) => (
      mkdirSync(g.tree.at('.virtfs_metadata')),
      writeFileSync(g.tree.at('.virtfs_metadata/made'), 'virtfs.uid=1\n')
    ),
  },
]
