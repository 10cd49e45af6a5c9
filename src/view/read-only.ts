// A read-only export is a wrapper: every operation that changes something answers EROFS, and is listed here.

import { ErrnoError } from '../errors.js'
import { canWrite } from './open-file.js'
import type { GuestView } from './view.js'
import { wrapView } from './wrapped-view.js'

function refuse(): never {
  throw new ErrnoError('EROFS', { op: 'change a read-only export' })
}

/** The view with every change refused. Opening a directory changes nothing, whatever its flags (reference §3.15). */
export function readOnly(view: GuestView): GuestView {
  return wrapView(view, {
    isReadOnly: true,
    open: (node, flags, uid) => (canWrite(flags) && !node.inode.isDirectory ? refuse() : view.open(node, flags, uid)),
    write: refuse,
    setattr: refuse,
    create: refuse,
    mkdir: refuse,
    mknod: refuse,
    symlink: refuse,
    link: refuse,
    rename: refuse,
    renameNode: refuse,
    unlink: refuse,
    remove: refuse,
    setxattr: refuse,
    removexattr: refuse,
  })
}
