// Objects as JSON: the shapes that docs/cli.md promises. Pure. Text is bytes (Latin-1).

import {
  bytesOf,
  type Entry,
  type ExportFacts,
  type FileSystemEntry,
  fileType,
  isDevice,
  isoTime,
  printable,
  type Problem,
  textOf,
  utf8Of,
} from '../../src/index.js'

/** A JSON string that needs no escapes. */
const PLAIN = /^[ !#-[\]-~]*$/

/** A JSON string of text, as bytes. */
const quoted = (text: string): string => (PLAIN.test(text) ? `"${text}"` : utf8Of(JSON.stringify(text)))

/** `"key":` and bytes as text; where they are no UTF-8, `"keyBase64":` and the bytes behind it. */
export function bytesMember(key: string, latin1: string): string {
  if (PLAIN.test(latin1)) return `"${key}":"${latin1}"`
  return utf8Of(JSON.stringify(bytesMembers(key, latin1)).slice(1, -1))
}

/** The same members, in an object. */
export function bytesMembers(key: string, latin1: string): Readonly<Record<string, string>> {
  const text = textOf(latin1)
  if (text !== undefined) return { [key]: text }
  return { [key]: printable(latin1), [`${key}Base64`]: bytesOf(latin1).toString('base64') }
}

export const nameOrNull = (latin1: string | undefined): string =>
  latin1 === undefined ? 'null' : quoted(printable(latin1))

/** "0644" and all the others: four octal digits with their quotes. */
const PERMISSIONS = Array.from({ length: 0o10000 }, (_, mode) => `"${mode.toString(8).padStart(4, '0')}"`)
export const permissions = (mode: number): string => PERMISSIONS[mode & 0o7777]!

/** A number where JavaScript can hold it, its digits where it cannot. */
const exact = (value: bigint): string => (value <= BigInt(Number.MAX_SAFE_INTEGER) ? `${value}` : `"${value}"`)

const time = (sec: number, nsec: number): string => `"${isoTime(sec, nsec)}"`

const problemJson = ({ code, sentence }: Problem): string => utf8Of(JSON.stringify({ code, message: sentence }))

/**
 * ENTRY on one line. Put together by hand: of the time that a report on a million objects takes, JSON.stringify and the
 * object that it wants are a third.
 */
export function entryJson(entry: Entry): string {
  const { guest, target, source, guestNames } = entry
  const { host, uid, gid, mode, rdev } = guest
  return (
    `{${bytesMember('path', entry.path)},"type":"${fileType(mode)}","mode":${permissions(mode)},` +
    `"uid":${uid},"gid":${gid},"user":${nameOrNull(guestNames.user)},"group":${nameOrNull(guestNames.group)},` +
    `"rdev":${isDevice(mode) ? `"${rdev.major}:${rdev.minor}"` : 'null'},` +
    `"size":${host.size},"nlink":${host.nlink},"inode":${exact(host.ino)},` +
    `${target === undefined ? '"target":null' : bytesMember('target', target)},` +
    `"atime":${time(host.atimeSec, host.atimeNsec)},"mtime":${time(host.mtimeSec, host.mtimeNsec)},` +
    `"ctime":${time(host.ctimeSec, host.ctimeNsec)},"model":"${entry.model}",` +
    `"source":{"uid":"${source.uid}","gid":"${source.gid}","mode":"${source.mode}","rdev":"${source.rdev}"},` +
    `"host":{"uid":${host.uid},"gid":${host.gid},"mode":${permissions(host.mode)},"type":"${fileType(host.mode)}"},` +
    `"problems":[${entry.problems.map(problemJson).join(',')}]}`
  )
}

/** TREE: one that entries were found in, on one line. */
export function treeJson({ root, model, detection, unfinished }: ExportFacts): string {
  const { certainty = null, reason = null, writtenOn = null } = detection ?? {}
  const isDetected = detection !== undefined
  const members = {
    model,
    detected: isDetected,
    certainty,
    reason,
    writtenOn,
    unfinished: unfinishedMember(unfinished),
  }
  return `{${bytesMember('root', root)},${JSON.stringify(members).slice(1)}`
}

/** The conversion that a tree waits for to be resumed. */
export const unfinishedMember = (
  unfinished: ExportFacts['unfinished'],
): Readonly<Record<'from' | 'to', string | null>> | null =>
  unfinished === undefined ? null : { from: unfinished.from ?? null, to: unfinished.to ?? null }

/** What `-f` reports, on one line. */
export const fileSystemJson = (entry: FileSystemEntry): string => `{${fileSystemMembers(entry)}}`

/** The same, without what is around an object. */
export function fileSystemMembers({ path, model, statfs }: FileSystemEntry): string {
  const numbers = {
    type: statfs.type,
    blockSize: statfs.bsize,
    blocks: statfs.blocks,
    free: statfs.bfree,
    available: statfs.bavail,
    files: statfs.files,
    filesFree: statfs.ffree,
    nameLength: statfs.namelen,
  }
  return `${bytesMember('path', path)},"model":"${model}","statfs":${JSON.stringify(numbers)}`
}

/** An element of a document's list, as JSON.stringify would lay it out there; each begins with what separates it. */
export const listed = (json: string): string =>
  utf8Of(
    `,\n    ${JSON.stringify(JSON.parse(Buffer.from(json, 'latin1').toString('utf8')), undefined, 2).replaceAll('\n', '\n    ')}`,
  )
