// The state of one view: the export's root, the security model, and the inodes in use.

import { ErrnoError } from '../errors.js'
import type { Name } from '../name.js'
import type { FoundObject, Model } from '../ownership/store.js'
import type { Fd } from '../sys/fd.js'
import { reopenPath } from '../sys/open.js'
import { statx } from '../sys/stat.js'
import type { DescriptorBudget } from './descriptor-budget.js'
import { Inodes } from './inode.js'
import { Node } from './node.js'

export class Tree implements Disposable {
  readonly root: Node
  readonly inodes: Inodes

  /** `exported` stays the caller's; the view works on descriptors of its own. */
  constructor(
    exported: Fd,
    readonly model: Model,
    readonly budget: DescriptorBudget,
  ) {
    this.inodes = new Inodes(budget)
    const handle = reopenPath(exported)
    this.root = Node.root(this.inodes.take(handle, statx(handle)))
  }

  /** The tree for the next operation, with room for the descriptors that it will need. */
  ready(): this {
    this.budget.makeRoom()
    return this
  }

  /** The same for an operation that opens something, which then stays open as long as the client likes: ENFILE. */
  readyToOpen(): this {
    this.budget.makeRoom()
    this.budget.refuseMore()
    return this
  }

  /** Refuses a name that the store keeps its own data under: a guest that could reach it could forge ownership
   * (CVE-2017-7493). */
  refuseReserved(name: Name): void {
    if (this.model.store.isReserved(name)) throw new ErrnoError('EINVAL', { op: 'accept reserved name', name })
  }

  /** The same for what is found at a name, which on some file systems is one of several for the store's own data. */
  refuseOwn(dir: Fd, name: Name, found?: FoundObject): void {
    if (this.model.store.isOwn({ dir, name }, found))
      throw new ErrnoError('EINVAL', { op: 'accept another name of a reserved one', name })
  }

  [Symbol.dispose](): void {
    this.inodes.closeAll()
  }
}
