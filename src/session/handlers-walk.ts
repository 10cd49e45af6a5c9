// Fids: the session's start, walking, letting go.

import { ErrnoError, isErrno } from '../errors.js'
import { setxattrOnClunk } from './handlers-xattr.js'
import type { GuestView } from '../view/view.js'
import type { Node } from '../view/node.js'
import type { Handlers } from '../wire/codec.js'
import type { Qid } from '../wire/qid.js'
import type { WalkName } from '../name.js'
import type { Connection } from './connection.js'
import type { Qids } from './qids.js'

type Walking = Pick<
  Handlers<[Connection]>,
  'Tversion' | 'Tauth' | 'Tattach' | 'Tflush' | 'Twalk' | 'Tclunk' | 'Tremove'
>

export const walkHandlers: Walking = {
  Tversion: (request, connection) => connection.negotiate(request),

  Tauth: () => {
    throw new ErrnoError('EOPNOTSUPP', { op: 'authenticate' })
  },

  // The user and aname are not looked at: n_uname says whom new objects belong to, and there is one tree.
  Tattach: ({ fid, nUname }, { fids, view, qids }) => {
    fids.refuseUsed(fid)
    view.admit(nUname)
    const root = view.root()
    try {
      const qid = qids.of(view.stat(root))
      fids.add(fid, root, nUname)
      return { qid }
    } catch (cause) {
      root.release()
      throw cause
    }
  },

  Tflush: ({ oldtag }, connection) => connection.flush(oldtag)?.then(() => ({})) ?? {},

  Twalk: ({ fid, newfid, wnames }, { fids, view, qids }) => {
    const from = fids.get(fid, 'ENOENT')
    const { node, wqids } = walk(view, qids, from.node, wnames)
    // Only a walk that arrives makes or changes a fid; then, and not before, is the number looked at (reference §3.4).
    if (node === undefined) return { wqids }
    try {
      if (newfid !== fid) fids.add(newfid, node, from.uid)
      else {
        fids.refuseRole(from)
        from.node.release()
        from.node = node
      }
      return { wqids }
    } catch (cause) {
      node.release()
      throw cause
    }
  },

  Tclunk: ({ fid }, { fids, view }) => {
    const state = fids.get(fid, 'ENOENT')
    try {
      if (state.role?.kind === 'xattr-draft') setxattrOnClunk(view, state.node, state.role)
    } finally {
      fids.remove(fid)
    }
    return {}
  },

  // The fid goes whether or not the object could be removed, except where nothing may be changed (reference §3.2).
  Tremove: ({ fid }, { fids, view }) => {
    const state = fids.get(fid, 'EINVAL')
    let isReadOnly = false
    try {
      view.remove(state.node)
    } catch (cause) {
      isReadOnly = view.isReadOnly && isErrno(cause, 'EROFS')
      throw cause
    } finally {
      if (!isReadOnly) fids.remove(fid)
    }
    return {}
  },
}

/**
 * Walks as far as it goes. When the first element is missing the walk fails; when a later one is, for whatever reason,
 * the qids so far are the answer and there is no node.
 */
function walk(
  view: GuestView,
  qids: Qids,
  from: Node,
  wnames: readonly WalkName[],
): { node: Node | undefined; wqids: Qid[] } {
  const wqids: Qid[] = []
  let node = from.acquire()
  for (const wname of wnames) {
    let next: Node | undefined
    try {
      next = view.lookup(node, wname)
      if (next === undefined) throw new ErrnoError('ENOENT', { op: 'walk', name: wname })
      wqids.push(qids.of(view.stat(next)))
    } catch (cause) {
      next?.release()
      node.release()
      if (wqids.length === 0 || !(cause instanceof ErrnoError)) throw cause
      return { node: undefined, wqids }
    }
    node.release()
    node = next
  }
  return { node, wqids }
}
