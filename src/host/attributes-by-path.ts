// Attributes by path, through fs-xattr: an optional dependency, since it is compiled where it is installed.
//
// fs-xattr follows symlinks, takes text instead of bytes, and asks for length and value in two steps: a value that is
// replaced in between by a shorter one comes with a rest of arbitrary bytes.

import { closeSync, constants, openSync } from 'node:fs'
import { ErrnoError } from '../errors.js'
import { bytesOf } from '../name.js'
import { textOf, utf8Of } from '../printable.js'

/** fs-xattr, as far as it is used here. */
export interface FsXattr {
  getAttributeSync(path: string, name: string): Buffer
  listAttributesSync(path: string): string[]
}

/** A host's attributes. Paths and names are Latin-1; failures are those of fs-xattr and node:fs. */
export interface AttributesByPath {
  /** Why there are none; every call throws EOPNOTSUPP then. */
  readonly missing: string | undefined
  /** All names, each with a NUL behind it. What is not UTF-8 in them has become U+FFFD. */
  list(path: string): string
  /** The value; ENODATA where there is none. A name that is not UTF-8 is refused with EILSEQ. */
  get(path: string, name: string): Buffer
}

/** Asks fs-xattr. */
export const throughFsXattr = (fsXattr: FsXattr): AttributesByPath => ({
  missing: undefined,
  list: (path) =>
    ask(path, (text) => fsXattr.listAttributesSync(text))
      .map((name) => `${utf8Of(name)}\0`)
      .join(''),
  get: (path, name) => {
    const attribute = textOf(name)
    if (attribute === undefined) throw new ErrnoError('EILSEQ', { op: 'ask for an attribute that is not UTF-8', name })
    return ask(path, (text) => fsXattr.getAttributeSync(text, attribute))
  },
})

/** Nothing can be asked, and this is why. */
export function withoutAttributes(missing: string): AttributesByPath {
  const refuse = (): never => {
    throw new ErrnoError('EOPNOTSUPP', { op: missing })
  }
  return { missing, list: refuse, get: refuse }
}

/** Loads fs-xattr, if it is there for this host. */
export async function loadAttributes(): Promise<AttributesByPath> {
  try {
    // Not a literal: where it could not be compiled, there are no types of it either.
    const name = 'fs-xattr'
    return throughFsXattr((await import(name)) as FsXattr)
  } catch (cause) {
    return withoutAttributes(whyMissing(process.platform, cause))
  }
}

/** One line for the user about an fs-xattr that cannot be loaded, ending with what to do. */
export function whyMissing(platform: NodeJS.Platform, cause: unknown): string {
  if (platform !== 'linux' && platform !== 'darwin') return `extended attributes cannot be read on ${platform}`
  const isAbsent = cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND'
  return isAbsent
    ? 'fs-xattr is not installed: npm install fs-xattr'
    : 'fs-xattr was not compiled: npm rebuild fs-xattr'
}

/**
 * Hands on a path as text. Bytes that are not UTF-8 cannot be: Linux names the object by a descriptor then, for which it
 * must be readable. Other hosts' file systems have no such names (APFS), or refuse to be asked: EILSEQ.
 */
function ask<T>(path: string, question: (text: string) => T): T {
  const text = textOf(path)
  if (text !== undefined) return question(text)
  if (process.platform !== 'linux')
    throw new ErrnoError('EILSEQ', { op: 'ask for attributes under a name that is not UTF-8' })
  const file = openSync(bytesOf(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    return question(`/proc/self/fd/${file}`)
  } finally {
    closeSync(file)
  }
}
