// Objects as JSON: the shapes that docs/cli.md promises. Pure.

import {
  bytesOf,
  type Entry,
  type FileSystemEntry,
  fileType,
  isDevice,
  isoTime,
  printable,
  textOf,
} from '../../src/index.js'

/** `key` as text, and where the bytes are no UTF-8, `keyBase64` with the bytes beside it. */
function bytesMember(key: string, latin1: string): Record<string, string> {
  const text = textOf(latin1)
  if (text !== undefined) return { [key]: text }
  return { [key]: printable(latin1), [`${key}Base64`]: bytesOf(latin1).toString('base64') }
}

const nameOrNull = (latin1: string | undefined): string | null => (latin1 === undefined ? null : printable(latin1))
const permissions = (mode: number): string => (mode & 0o7777).toString(8).padStart(4, '0')

/** A number where JavaScript can hold it, its digits where it cannot. */
const exact = (value: bigint): number | string =>
  value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value.toString()

/** ENTRY. */
export function entryJson(entry: Entry): object {
  const { guest, target, model, source, problems, guestNames } = entry
  const { host, uid, gid, mode, rdev } = guest
  return {
    ...bytesMember('path', entry.path),
    type: fileType(mode),
    mode: permissions(mode),
    uid,
    gid,
    user: nameOrNull(guestNames.user),
    group: nameOrNull(guestNames.group),
    rdev: isDevice(mode) ? `${rdev.major}:${rdev.minor}` : null,
    size: host.size,
    nlink: host.nlink,
    inode: exact(host.ino),
    ...(target === undefined ? { target: null } : bytesMember('target', target)),
    atime: isoTime(host.atimeSec, host.atimeNsec),
    mtime: isoTime(host.mtimeSec, host.mtimeNsec),
    ctime: isoTime(host.ctimeSec, host.ctimeNsec),
    model,
    source: { uid: source.uid, gid: source.gid, mode: source.mode, rdev: source.rdev },
    host: { uid: host.uid, gid: host.gid, mode: permissions(host.mode), type: fileType(host.mode) },
    problems: problems.map(({ code, sentence }) => ({ code, message: sentence })),
  }
}

/** What `-f` reports. */
export function fileSystemJson({ path, model, statfs }: FileSystemEntry): object {
  return {
    ...bytesMember('path', path),
    model,
    statfs: {
      type: statfs.type,
      blockSize: statfs.bsize,
      blocks: statfs.blocks,
      free: statfs.bfree,
      available: statfs.bavail,
      files: statfs.files,
      filesFree: statfs.ffree,
      nameLength: statfs.namelen,
    },
  }
}
