// QEMU's writeout=immediate: what a guest writes does not stay in the host's page cache for long. It is no promise of
// stable storage, which is fsync's.

import { O_APPEND } from '../sys/constants.js'
import { startWriteback } from '../sys/io.js'
import type { GuestView } from './view.js'
import { wrapView } from './wrapped-view.js'

/** The view with every write sent on to the disk at once. */
export function writeOutImmediately(view: GuestView): GuestView {
  return wrapView(view, {
    write: (node, open, bytes, offset, uid) => {
      const count = view.write(node, open, bytes, offset, uid)
      // What was appended lies somewhere else than the message says.
      const isAppended = (open.flags & O_APPEND) !== 0
      if (count > 0) startWriteback(open.fd, isAppended ? 0 : offset, isAppended ? 0 : count)
      return count
    },
  })
}
