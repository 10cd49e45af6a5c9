// The file system that holds an object, as a client's statfs(2) learns of it: the host's, numbers and all.

import type { HostStatfs } from '../sys/stat.js'
import type { ExportFacts } from './entry.js'

/** A report on the file system of one object. */
export interface FileSystemEntry extends ExportFacts {
  /** The object's path as it was asked for, in bytes. */
  readonly path: string
  readonly statfs: HostStatfs
}

/** include/uapi/linux/magic.h, with the words that GNU stat has for them. */
const NAMES: Readonly<Record<number, string>> = {
  0x0000_9fa0: 'proc',
  0x0000_ef53: 'ext2/ext3',
  0x0000_4d44: 'msdos',
  0x0000_6969: 'nfs',
  0x0000_9660: 'isofs',
  0x0000_1cd1: 'devpts',
  0x0000_517b: 'smb',
  0x0027_e0eb: 'cgroupfs',
  0x00c3_6400: 'ceph',
  0x0102_1994: 'tmpfs',
  0x0102_1997: 'v9fs',
  0x0bad_1dea: 'futexfs',
  0x2011_bab0: 'exfat',
  0x2fc1_2fc1: 'zfs',
  0x3153_464a: 'jfs',
  0x5265_4973: 'reiserfs',
  0x5346_544e: 'ntfs',
  0x5846_5342: 'xfs',
  0x6265_6572: 'sysfs',
  0x6367_7270: 'cgroup2fs',
  0x6573_5546: 'fuseblk',
  0x7371_7368: 'squashfs',
  0x794c_7630: 'overlayfs',
  0x8584_58f6: 'ramfs',
  0x9123_683e: 'btrfs',
  0xca45_1a4e: 'bcachefs',
  0xe0f5_e1e2: 'erofs',
  0xf2f5_2010: 'f2fs',
  0xff53_4d42: 'cifs',
}

/** The file system's name; GNU's word for what it does not know otherwise. */
export const fileSystemName = (type: number): string => NAMES[type] ?? `UNKNOWN (0x${type.toString(16)})`
