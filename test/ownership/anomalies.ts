// Anomalies of stored trees: what each is made of, and what is to be reported of it. Data alone; planting.ts makes them.

import type { ProblemCode } from '../../src/ownership/problems.js'
import type { Wanted } from '../support/host/guest.js'
import type { Change } from '../support/host/planting.js'

/** One anomaly. Paths are relative to the directory that it is made in. */
export interface Anomaly {
  readonly title: string
  /** What is reported, in this order. */
  readonly codes: readonly ProblemCode[]
  /** What the guest made under the name `made` before anything went wrong; a file if absent. */
  readonly made?: Wanted
  readonly changes: readonly Change[]
  /** What it is reported of; `made` if absent, '' being the directory itself. */
  readonly path?: string
  /** The directory is the exported one. */
  readonly isOfRoot?: true
  /** It is one to those who look without privilege. */
  readonly isForNobody?: true
}

export const FILE: Wanted = { mode: 0o100644, uid: 1000, gid: 1001 }
const DIRECTORY: Wanted = { ...FILE, mode: 0o040755 }
const SYMLINK: Wanted = { ...FILE, mode: 0o120777 }
const DEVICE: Wanted = { mode: 0o020644, uid: 0, gid: 0 }
const NULL_DEVICE: Wanted = { ...DEVICE, rdev: { major: 1, minor: 3 } }
const FIFO: Wanted = { ...DEVICE, mode: 0o010644 }

const METADATA = '.virtfs_metadata'
const RECORD = `${METADATA}/made`
const attribute = (key: string, hex: string): Change => ['attribute', 'made', `user.virtfs.${key}`, hex]
const record = (text: string): Change => ['write', RECORD, text]
const content = (bytes: string): Change => ['write', 'made', bytes]

/** What can be wrong in either mapped model: `storedMode` is a mode as the model keeps it. */
const inBoth = (storedMode: (mode: number) => Change): readonly Anomaly[] => [
  { title: 'an object as it should be', codes: [], changes: [] },
  { title: 'a symlink as it should be', codes: [], made: { ...SYMLINK, target: 'a/b' }, changes: [] },
  { title: 'a device as it should be', codes: [], made: NULL_DEVICE, changes: [] },
  { title: 'a mode without a file type', codes: ['mode-without-type'], changes: [storedMode(0o644)] },
  { title: 'a mode of a type that does not exist', codes: ['mode-of-unknown-type'], changes: [storedMode(0o030644)] },
  { title: 'a mode with bits beyond the 16th', codes: ['mode-beyond-16-bits'], changes: [storedMode(0x1_81a4)] },
  { title: 'a file that is a directory for the guest', codes: ['type-mismatch'], changes: [storedMode(0o040755)] },
  {
    title: 'a directory that is a file for the guest',
    codes: ['type-mismatch'],
    made: DIRECTORY,
    changes: [storedMode(0o100644)],
  },
  { title: 'an empty symlink', codes: ['symlink-empty'], made: SYMLINK, changes: [content('')] },
  { title: 'a symlink with NUL', codes: ['symlink-with-nul'], made: SYMLINK, changes: [content('a\0b')] },
  { title: 'a symlink with a newline', codes: ['symlink-with-newline'], made: SYMLINK, changes: [content('a\n')] },
  { title: 'a symlink of 4095 bytes', codes: [], made: SYMLINK, changes: [content('x'.repeat(4095))] },
  {
    title: 'a symlink of 4096 bytes',
    codes: ['symlink-too-long'],
    made: SYMLINK,
    changes: [content('x'.repeat(4096))],
  },
  {
    title: 'a symlink of 70000 bytes',
    codes: ['symlink-too-long'],
    made: SYMLINK,
    changes: [content('x'.repeat(70_000))],
  },
  { title: 'a device without a number', codes: ['device-without-number'], made: DEVICE, changes: [] },
  { title: 'a fifo without a number', codes: [], made: FIFO, changes: [] },
  { title: 'a device with content', codes: ['special-with-content'], made: NULL_DEVICE, changes: [content('x')] },
  { title: 'a fifo with content', codes: ['special-with-content'], made: FIFO, changes: [content('x')] },
  {
    title: 'a socket with content',
    codes: ['special-with-content'],
    made: { ...DEVICE, mode: 0o140644 },
    changes: [content('x')],
  },
  {
    title: 'a symlink that a host process made',
    codes: ['host-symlink'],
    changes: [['symlink', 'link', 'x']],
    path: 'link',
  },
  { title: 'a fifo that a host process made', codes: ['host-special'], changes: [['fifo', 'fifo']], path: 'fifo' },
  {
    title: 'an object that a host process made, for which nothing is stored',
    codes: [],
    changes: [['write', 'plain', '']],
    path: 'plain',
  },
]

const littleEndian = (mode: number): string => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(mode)
  return bytes.toString('hex')
}

export const inAttributes: readonly Anomaly[] = [
  ...inBoth((mode) => attribute('mode', littleEndian(mode))),
  { title: 'an id of a wrong width', codes: ['wrong-width'], changes: [attribute('uid', 'e803')] },
  { title: 'an empty attribute', codes: ['wrong-width'], changes: [attribute('gid', '')] },
  { title: 'an attribute that is too long', codes: ['wrong-width'], changes: [attribute('uid', 'e803000000')] },
  { title: 'a device number of a wrong width', codes: ['wrong-width'], changes: [attribute('rdev', '010203')] },
  { title: 'a mode of two bytes', codes: ['macos-width'], changes: [attribute('mode', 'a481')] },
  { title: 'a device number of four bytes', codes: ['macos-width'], changes: [attribute('rdev', '03000001')] },
  { title: 'a mode in big-endian order', codes: ['big-endian-mode'], changes: [attribute('mode', '000081a4')] },
  { title: 'a uid of -1', codes: ['id-minus-one'], changes: [attribute('uid', 'ffffffff')] },
  {
    title: 'both ids of -1',
    codes: ['id-minus-one', 'id-minus-one'],
    changes: [attribute('uid', 'ffffffff'), attribute('gid', 'ffffffff')],
  },
  { title: 'an unknown attribute', codes: ['unknown-attribute'], changes: [attribute('flags', '00')] },
  {
    title: 'an ACL neither access nor default',
    codes: ['unknown-acl'],
    changes: [attribute('system.posix_acl_nfs4', '00')],
  },
  {
    title: 'the two ACLs that there are',
    codes: [],
    changes: [attribute('system.posix_acl_access', '02'), attribute('system.posix_acl_default', '02')],
  },
  {
    title: 'a real ACL of the host',
    codes: ['real-acl'],
    changes: [
      [
        'attribute',
        'made',
        'system.posix_acl_access',
        // u::rw-, u:1000:r--, g::r--, m::r--, o::---
        '0200000001000600ffffffff02000400e803000004000400ffffffff10000400ffffffff20000000ffffffff',
      ],
    ],
  },
  {
    title: 'records of both kinds',
    codes: ['both-records'],
    changes: [['mkdir', METADATA], record('virtfs.uid=1\n')],
  },
  {
    title: 'a record of the other kind alone',
    codes: ['foreign-record'],
    changes: [
      ['mkdir', METADATA],
      ['write', 'plain', ''],
      ['write', `${METADATA}/plain`, 'virtfs.uid=1\n'],
    ],
    path: 'plain',
  },
  {
    title: 'attributes that may not be read',
    codes: ['attributes-unreadable'],
    changes: [
      ['give away', ''],
      ['chmod', 'made', 0],
    ],
    isForNobody: true,
  },
]

export const inRecords: readonly Anomaly[] = [
  ...inBoth((mode) => record(`virtfs.mode=${mode}\n`)),
  { title: 'an empty record', codes: ['record-empty'], changes: [record('')] },
  { title: 'a key twice', codes: ['record-duplicate-key'], changes: [record('virtfs.uid=1\nvirtfs.uid=2\n')] },
  { title: 'an unknown line', codes: ['record-unknown-line'], changes: [record('virtfs.flags=1\nvirtfs.uid=2\n')] },
  { title: 'a blank before a key', codes: ['record-unknown-line'], changes: [record(' virtfs.uid=2\n')] },
  { title: 'empty lines', codes: [], changes: [record('virtfs.uid=2\n\n\n\n')] },
  { title: 'CRLF line ends', codes: ['record-crlf'], changes: [record('virtfs.uid=1\r\nvirtfs.gid=2\r\n')] },
  { title: 'a key without an equals sign', codes: ['record-odd-separator'], changes: [record('virtfs.uid:5\n')] },
  {
    title: 'a key with nothing behind it',
    codes: ['record-odd-separator', 'record-odd-number'],
    changes: [record('virtfs.uid\n')],
  },
  { title: 'a value that is no number', codes: ['record-odd-number'], changes: [record('virtfs.uid=root\n')] },
  { title: 'a number in octal', codes: ['record-odd-number'], changes: [record('virtfs.uid=0755\n')] },
  { title: 'a number over 32 bits', codes: ['record-odd-number'], changes: [record('virtfs.uid=4294967297\n')] },
  {
    title: 'an unsigned number over 31 bits',
    codes: ['record-odd-number'],
    changes: [record('virtfs.uid=4294967294\n')],
  },
  { title: 'a negative id', codes: [], changes: [record('virtfs.uid=-2\n')] },
  { title: 'a uid of -1', codes: ['id-minus-one'], changes: [record('virtfs.uid=-1\n')] },
  { title: 'a negative device number', codes: [], changes: [record('virtfs.rdev=-1837385536\n')] },
  {
    title: 'an over-long line',
    codes: ['record-unknown-line', 'record-long-line'],
    changes: [record(`${'x'.repeat(120)}\n`)],
  },
  { title: 'a record of 1 GiB', codes: ['record-too-long'], changes: [['truncate', RECORD, 2 ** 30]] },
  {
    title: 'a record that is a directory',
    codes: ['record-not-a-file'],
    changes: [
      ['remove', RECORD],
      ['mkdir', RECORD],
    ],
  },
  {
    title: 'a record that is a symlink',
    codes: ['record-not-a-file'],
    changes: [
      ['remove', RECORD],
      ['symlink', RECORD, 'x'],
    ],
  },
  {
    title: 'a record that has more names than its object',
    codes: ['hard-link-mismatch'],
    changes: [['link', RECORD, 'outside']],
  },
  {
    title: 'an object that has more names than its record',
    codes: ['hard-link-mismatch'],
    changes: [['link', 'made', 'other']],
  },
  { title: 'hard links as they should be', codes: [], changes: [['guest link', 'made', 'other']] },
  {
    title: 'a directory, whose links are its subdirectories',
    codes: [],
    made: DIRECTORY,
    changes: [['mkdir', 'made/below']],
  },
  { title: 'records of objects that are gone', codes: ['orphan-records'], changes: [['remove', 'made']], path: '' },
  {
    title: 'a directory among the records',
    codes: ['nested-metadata'],
    changes: [['mkdir', `${METADATA}/sub`]],
    path: '',
  },
  {
    title: '.virtfs_metadata in .virtfs_metadata',
    codes: ['nested-metadata'],
    changes: [['write', `${METADATA}/${METADATA}`, '']],
    path: '',
  },
  {
    title: 'a .virtfs_metadata that is a file',
    codes: ['metadata-not-a-directory'],
    changes: [
      ['remove', METADATA],
      ['write', METADATA, ''],
    ],
  },
  {
    title: 'a .virtfs_metadata that is a symlink',
    codes: ['metadata-not-a-directory'],
    changes: [
      ['remove', METADATA],
      ['symlink', METADATA, 'x'],
    ],
  },
  { title: 'attributes of the other kind besides', codes: ['both-records'], changes: [attribute('uid', '01000000')] },
  {
    title: 'attributes of the other kind alone',
    codes: ['foreign-record'],
    changes: [
      ['write', 'plain', ''],
      ['attribute', 'plain', 'user.virtfs.mode', 'a4810000'],
    ],
    path: 'plain',
  },
  {
    title: 'a malformed record of the root',
    codes: ['record-unknown-line'],
    changes: [['write', '.virtfs_metadata_root', 'x\n']],
    path: '',
    isOfRoot: true,
  },
  {
    title: 'a record that may not be read',
    codes: ['record-unreadable'],
    changes: [
      ['give away', ''],
      ['chmod', RECORD, 0],
    ],
    isForNobody: true,
  },
  {
    title: 'a .virtfs_metadata that may not be entered',
    codes: ['metadata-unreadable'],
    changes: [
      ['give away', ''],
      ['chmod', METADATA, 0],
    ],
    isForNobody: true,
  },
]

export const inInodes: readonly Anomaly[] = [
  { title: 'any object', codes: [], changes: [] },
  { title: 'attributes', codes: ['foreign-record'], changes: [attribute('uid', '01000000')] },
  { title: 'a record', codes: ['foreign-record'], changes: [['mkdir', METADATA], record('virtfs.uid=1\n')] },
]

/** What reference §1.6 lists, row by row, and the fixtures above that are such. */
export const rowsOfReference: readonly (readonly [row: string, ...titles: string[]])[] = [
  ['user.virtfs.mode without S_IFMT bits', 'a mode without a file type'],
  [
    'mode type other than host type',
    'a file that is a directory for the guest',
    'a directory that is a file for the guest',
  ],
  ['symlink with NUL, newline, empty', 'a symlink with NUL', 'a symlink with a newline', 'an empty symlink'],
  ['symlink over 4095 bytes, over 65535', 'a symlink of 4096 bytes', 'a symlink of 70000 bytes'],
  ['device, rdev missing', 'a device without a number'],
  ['device, fifo, socket with content', 'a device with content', 'a fifo with content', 'a socket with content'],
  ['attribute too long', 'an attribute that is too long'],
  [
    'attribute short',
    'an id of a wrong width',
    'an empty attribute',
    'a mode of two bytes',
    'a device number of four bytes',
  ],
  ['big-endian values', 'a mode in big-endian order'],
  ['host object a real symlink, fifo', 'a symlink that a host process made', 'a fifo that a host process made'],
  ['attributes and .virtfs_metadata', 'records of both kinds', 'attributes of the other kind besides'],
  ['metadata file without object', 'records of objects that are gone'],
  ['object without metadata', 'an object that a host process made, for which nothing is stored'],
  ['metadata with more links', 'a record that has more names than its object'],
  ['metadata with fewer links', 'an object that has more names than its record'],
  ['.virtfs_metadata a symlink, file', 'a .virtfs_metadata that is a symlink', 'a .virtfs_metadata that is a file'],
  ['.virtfs_metadata unreadable', 'a .virtfs_metadata that may not be entered'],
  ['.virtfs_metadata/.virtfs_metadata', '.virtfs_metadata in .virtfs_metadata'],
  ['subdirectory in a metadata directory', 'a directory among the records'],
  ['empty metadata file', 'an empty record'],
  ['duplicate, unknown keys, CRLF', 'a key twice', 'an unknown line', 'CRLF line ends'],
  ['missing =', 'a key without an equals sign', 'a key with nothing behind it'],
  ['negative ids', 'a negative id', 'a uid of -1'],
  ['user.virtfs.system.posix_acl_*', 'an ACL neither access nor default'],
  ['real system.posix_acl_*', 'a real ACL of the host'],
]
