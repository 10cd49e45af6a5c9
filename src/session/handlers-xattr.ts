// Extended attributes: read through a snapshot, set when the fid is clunked (reference §3.13).

import { ErrnoError } from '../errors.js'
import { XATTR_CREATE, XATTR_REPLACE, XATTR_SIZE_MAX } from '../sys/constants.js'
import type { Node } from '../view/node.js'
import type { GuestView } from '../view/view.js'
import type { Handlers } from '../wire/codec.js'
import type { Connection } from './connection.js'
import type { XattrDraft, XattrSnapshot } from './fids.js'

export const xattrHandlers: Pick<Handlers<[Connection]>, 'Txattrwalk' | 'Txattrcreate'> = {
  Txattrwalk: ({ fid, newfid, name }, { fids, view }) => {
    const from = fids.get(fid, 'ENOENT')
    fids.refuseUsed(newfid)
    const value = name === '' ? view.listxattr(from.node) : view.getxattr(from.node, name)
    const added = fids.add(newfid, from.node.acquire(), from.uid)
    try {
      fids.setRole(added, { kind: 'xattr-snapshot', value })
    } catch (cause) {
      fids.remove(newfid)
      throw cause
    }
    return { size: value.length }
  },

  Txattrcreate: ({ fid, name, attrSize, flags }, { fids }) => {
    if ((flags & ~(XATTR_CREATE | XATTR_REPLACE)) !== 0) throw new ErrnoError('EINVAL', { op: 'set attribute', flags })
    if (attrSize > XATTR_SIZE_MAX) throw new ErrnoError('E2BIG', { op: 'set attribute', size: attrSize })
    const state = fids.get(fid, 'EINVAL')
    const value = Buffer.alloc(0)
    fids.setRole(state, { kind: 'xattr-draft', name, size: attrSize, flags, value, written: 0 })
    return {}
  },
}

/** How many of `count` bytes have room at `offset` in a value of `size`. */
function roomFor(count: number, offset: number, size: number): number {
  // The offset is checked before anything is added to it (CVE-2016-9104).
  if (offset > size) throw new ErrnoError('ENOSPC', { op: 'write attribute', offset })
  return Math.min(count, size - offset)
}

/** Takes bytes into a snapshot, which only this fid sees; returns how many fitted, as QEMU does. */
export function writeSnapshot({ value }: XattrSnapshot, offset: number, bytes: Uint8Array): number {
  const count = roomFor(bytes.length, offset, value.length)
  value.set(bytes.subarray(0, count), offset)
  return count
}

/** Takes bytes for an attribute being set; returns how many fitted the announced size. */
export function writeDraft(draft: XattrDraft, offset: number, bytes: Uint8Array): number {
  const count = roomFor(bytes.length, offset, draft.size)
  if (draft.value.length < offset + count) {
    draft.value = Buffer.concat([draft.value, Buffer.alloc(offset + count - draft.value.length)])
  }
  draft.value.set(bytes.subarray(0, count), offset)
  draft.written += count
  return count
}

/** The value at its announced length: bytes that were counted twice have left others unwritten, and those are zero. */
function filled({ value, size }: XattrDraft): Buffer {
  return value.length === size ? value : Buffer.concat([value, Buffer.alloc(size - value.length)])
}

/** Sets the attribute that was written, or removes the one announced with size 0. */
export function setxattrOnClunk(view: GuestView, node: Node, draft: XattrDraft): void {
  if (draft.written !== draft.size) {
    throw new ErrnoError('EINVAL', { op: 'set attribute', announced: draft.size, written: draft.written })
  }
  if (draft.size === 0) view.removexattr(node, draft.name)
  else view.setxattr(node, draft.name, filled(draft), draft.flags)
}
