// One path component as bytes. A Name is a Latin-1 string: each code unit is one byte, so that names in any encoding
// stay distinct and survive unchanged. Decoding as UTF-8 would merge different files into one; only rendering converts.

import { ErrnoError, type ErrnoName } from './errors.js'

/** One checked path component: not empty, not "." or "..", no "/" and no NUL. Its code units are the bytes (Latin-1). */
export type Name = string & { readonly __brand: 'Name' }

/** What a walk may name, and a directory lists: an entry, the directory itself, or its parent. */
export type WalkName = Name | '.' | '..'

/** The errnos with which a message refuses "." and ".."; QEMU's differ from message to message (reference §3.3). */
export interface DotRefusal {
  readonly dot: ErrnoName
  readonly dotDot: ErrnoName
}

/** Refuses what may not name a directory entry: "", "/" or NUL inside (ENOENT), "." and ".." as `refusal` says. */
export function checkName(latin1: string, refusal: DotRefusal): Name {
  if (latin1 === '' || latin1.includes('/') || latin1.includes('\0')) {
    throw new ErrnoError('ENOENT', { op: 'accept name', name: latin1 })
  }
  if (latin1 === '.') throw new ErrnoError(refusal.dot, { op: 'accept name', name: latin1 })
  if (latin1 === '..') throw new ErrnoError(refusal.dotDot, { op: 'accept name', name: latin1 })
  return latin1 as Name
}

const eexist: DotRefusal = { dot: 'EEXIST', dotDot: 'EEXIST' }

/** Makes a Name from the bytes of one directory entry or path component. */
export const nameFromBytes = (bytes: Buffer): Name => checkName(bytes.toString('latin1'), eexist)

/** Makes a Name from text typed by a user or written in this program. */
export const nameFromText = (text: string): Name => nameFromBytes(Buffer.from(text, 'utf8'))

/** The bytes of a Latin-1 string such as a Name or a path of Names. */
export const bytesOf = (latin1: string): Buffer => Buffer.from(latin1, 'latin1')
