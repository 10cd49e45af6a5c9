// Putting things into a tree that no server of ours would put there.

import { setxattr } from '../../../src/sys/xattr.js'
import type { Guest } from './guest.js'

/** Sets an attribute of the host, whose value is given in hexadecimal. */
export function setAttribute(guest: Guest, path: string, name: string, hex: string): void {
  using object = guest.tree.object(path)
  setxattr(object.handle(), name, Buffer.from(hex, 'hex'))
}
