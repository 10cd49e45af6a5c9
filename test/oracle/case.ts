// A hand-written sequence, and what such sequences are written with.

import { guestGid, guestUid } from '../../src/ids.js'
import type { Name } from '../../src/name.js'
import type { SecurityModel } from '../../src/ownership/security-models.js'
import { S_IFMT, S_IFREG } from '../../src/sys/constants.js'
import type { Attributes } from '../../src/wire/attributes.js'
import * as wire from '../../src/wire/constants.js'
import type { Body } from '../../src/wire/messages.js'
import { type Dialect, outcomeOf } from './messages.js'
import type { Answers, Pair } from './pair.js'
import type { PlantedTree } from './planted-tree.js'

export interface Case {
  /** The fact that it shows. */
  readonly title: string
  /** Where the fact is one; everywhere if absent. */
  readonly models?: readonly SecurityModel[]
  /** The dialects in which it is played; 9P2000.L alone if absent. */
  readonly dialects?: readonly Dialect[]
  /** How it is exported; one without privilege runs on servers of nobody. */
  readonly as?: 'read-only' | 'unprivileged'
  /** True for one that agrees on a version itself, or does not; then nothing has been sent to this QEMU before. */
  readonly startsBare?: boolean
  /** True for one that ends QEMU, or may: then it has a QEMU to itself. */
  readonly endsQemu?: boolean
  /** Adds to both trees. */
  readonly plant?: (tree: PlantedTree) => void
  /** Begins with the version agreed on and the root attached as fid 0 by user 1000. */
  run(pair: Pair): Promise<void>
}

export const mapped: readonly SecurityModel[] = ['mapped-xattr', 'mapped-file']
export const real: readonly SecurityModel[] = ['passthrough', 'none']

export const name = (text: string): Name => text as Name
export const names = (...texts: string[]): readonly Name[] => texts as Name[]
export const bytes = (latin1: string): Buffer => Buffer.from(latin1, 'latin1')

/** The mode of a regular file. */
export const file = (permissions: number): number => S_IFREG | permissions

export const GID = guestGid(1001)
export const NOBODY_IN_PARTICULAR = guestUid(wire.NONUNAME)

/** What both said, in a word each: the reply's name or the errno's. */
export async function outcomes(answers: Promise<Answers>): Promise<readonly [qemu: string, ours: string]> {
  const { qemu, ours, dialect } = await answers
  return [outcomeOf(qemu, dialect), outcomeOf(ours, dialect)]
}

/** The attributes that both give. */
export const stat = (pair: Pair, fid: number, requestMask = wire.GETATTR_BASIC): Promise<Attributes> =>
  pair.call('Tgetattr', { fid, requestMask })

/** What each gives, without comparing. */
export async function bothStat(pair: Pair, fid: number): Promise<readonly [qemu: Attributes, ours: Attributes]> {
  const { qemu, ours } = await pair.look('Tgetattr', { fid, requestMask: wire.GETATTR_BASIC })
  if (qemu.message !== 'Rgetattr' || ours.message !== 'Rgetattr') throw new Error('Cannot stat: refused')
  return [qemu.body, ours.body]
}

/** Walks to an object and gives its attributes; the fid goes again. */
export async function statPath(pair: Pair, path: string): Promise<Attributes> {
  const fid = await pair.walk(path, 90)
  const attributes = await stat(pair, fid)
  await pair.call('Tclunk', { fid })
  return attributes
}

export interface Change {
  readonly mode?: number
  readonly uid?: number
  readonly gid?: number
  readonly size?: number
  /** Seconds and nanoseconds, or the clock's. */
  readonly atime?: readonly [number, number] | 'now'
  readonly mtime?: readonly [number, number] | 'now'
  /** Further bits of `valid`. */
  readonly valid?: number
}

/** The body of a Tsetattr that changes what is given. */
export function change(fid: number, { mode, uid, gid, size, atime, mtime, valid = 0 }: Change): Body<'Tsetattr'> {
  const bit = (isGiven: boolean, flag: number): number => (isGiven ? flag : 0)
  const [[atimeSec, atimeNsec], [mtimeSec, mtimeNsec]] = [atime, mtime].map((time) =>
    typeof time === 'object' ? time : [0, 0],
  ) as [readonly [number, number], readonly [number, number]]
  return {
    fid,
    valid:
      valid |
      bit(mode !== undefined, wire.SETATTR_MODE) |
      bit(uid !== undefined, wire.SETATTR_UID) |
      bit(gid !== undefined, wire.SETATTR_GID) |
      bit(size !== undefined, wire.SETATTR_SIZE) |
      bit(atime !== undefined, wire.SETATTR_ATIME) |
      bit(typeof atime === 'object', wire.SETATTR_ATIME_SET) |
      bit(mtime !== undefined, wire.SETATTR_MTIME) |
      bit(typeof mtime === 'object', wire.SETATTR_MTIME_SET),
    mode: mode ?? 0,
    uid: guestUid(uid ?? 0),
    gid: guestGid(gid ?? 0),
    size: size ?? 0,
    ...{ atimeSec, atimeNsec, mtimeSec, mtimeNsec },
  }
}

/** Changes permission bits as Linux does, with the type bits that the object has. */
export async function chmod(pair: Pair, fid: number, permissions: number): Promise<void> {
  const { mode } = await stat(pair, fid)
  await pair.call('Tsetattr', change(fid, { mode: (mode & S_IFMT) | permissions }))
}

/** Creates a file in the root, open by `fid`, and writes to it. */
export async function createFile(pair: Pair, path: string, fid: number, content = '', mode = 0o644): Promise<void> {
  await pair.walk('', fid)
  await pair.call('Tlcreate', { fid, name: name(path), flags: wire.DOTL_RDWR, mode: file(mode), gid: GID })
  if (content !== '') await pair.call('Twrite', { fid, offset: 0, data: bytes(content) })
}

/** Walks to a path and opens it. */
export async function openPath(pair: Pair, path: string, fid: number, flags = wire.DOTL_RDWR): Promise<number> {
  await pair.walk(path, fid)
  await pair.call('Tlopen', { fid, flags })
  return fid
}

export async function read(pair: Pair, fid: number, offset = 0, count = 4000): Promise<string> {
  const { data } = await pair.call('Tread', { fid, offset, count })
  return Buffer.from(data).toString('latin1')
}

/** Sets an attribute as Linux does, through a fid of its own; gives what both answer to its clunk. */
export async function setAttribute(
  pair: Pair,
  path: string,
  attribute: string,
  value: string,
  flags = 0,
): Promise<readonly [qemu: string, ours: string]> {
  const fid = await pair.walk(path, 91)
  await pair.call('Txattrcreate', { fid, name: attribute, attrSize: value.length, flags })
  if (value !== '') await pair.call('Twrite', { fid, offset: 0, data: bytes(value) })
  return outcomes(pair.send('Tclunk', { fid }))
}

/** Reads an attribute, or with "" the list of names; gives the errno's name where both refuse. */
export async function getAttribute(pair: Pair, path: string, attribute: string): Promise<string> {
  const fid = await pair.walk(path, 92)
  const [outcome] = await outcomes(pair.send('Txattrwalk', { fid, newfid: 93, name: attribute }))
  await pair.call('Tclunk', { fid })
  if (outcome !== 'Rxattrwalk') return outcome
  const value = await read(pair, 93)
  await pair.call('Tclunk', { fid: 93 })
  return value
}
