// The guest's extended attributes, under the names that the model keeps them (reference §2.3).

import { ErrnoError, isErrno } from '../errors.js'
import { getxattr, listxattr, removexattr, setxattr } from '../sys/xattr.js'
import type { Node } from './node.js'
import type { Tree } from './tree.js'

const target = (node: Node) => node.readable() ?? node.handle()

function hostName(tree: Tree, name: string, hiddenErrno: 'ENODATA' | 'EACCES'): string {
  const mapped = tree.model.xattrs.toHost(name)
  if (mapped === 'hidden') throw new ErrnoError(hiddenErrno, { op: 'reach attribute', name })
  if (mapped === 'unsupported') throw new ErrnoError('EOPNOTSUPP', { op: 'reach attribute', name })
  return mapped.host
}

/** Reads an attribute; ENODATA when absent or the store's own. */
export function getAttribute(tree: Tree, node: Node, name: string): Buffer {
  const value = getxattr(target(node), hostName(tree, name, 'ENODATA'))
  if (value === undefined) throw new ErrnoError('ENODATA', { op: 'read attribute', name })
  return value
}

/** The names of all attributes that the guest may see, each ended by NUL, as listxattr(2) gives them. */
export function listAttributes(tree: Tree, node: Node): Buffer {
  const names = listxattr(target(node)).flatMap((host) => tree.model.xattrs.toGuest(host) ?? [])
  return Buffer.from(names.map((name) => `${name}\0`).join(''), 'latin1')
}

/** Sets an attribute; `flags` as setxattr(2). EACCES for the store's own. */
export function setAttribute(tree: Tree, node: Node, name: string, value: Uint8Array, flags: number): void {
  setxattr(target(node), hostName(tree, name, 'EACCES'), value, flags)
}

/** Removes an attribute. An ACL that is kept under another name may be absent, as a real one may (reference §2.3). */
export function removeAttribute(tree: Tree, node: Node, name: string): void {
  const host = hostName(tree, name, 'EACCES')
  try {
    removexattr(target(node), host)
  } catch (cause) {
    if (host === name || !isErrno(cause, 'ENODATA')) throw cause
  }
}
