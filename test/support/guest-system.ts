// The root file system of a small guest, kept in a mapped model: what pages and examples call /srv/guest.

import { execFileSync } from 'node:child_process'
import { guestGid, guestUid } from '../../src/ids.js'
import { ViewedTree } from './viewed-tree.js'

const root = { uid: guestUid(0), gid: guestGid(0) }
const shadow = { uid: guestUid(0), gid: guestGid(42) }
const alice = { uid: guestUid(1000), gid: guestGid(1000) }

export class GuestSystem implements Disposable {
  private readonly tree: ViewedTree

  /** `hostUid` owns its files on the host. */
  constructor(hostUid: number, model: 'mapped-xattr' | 'mapped-file' = 'mapped-xattr') {
    const tree = new ViewedTree(model)
    this.tree = tree
    tree.chown('.', root.uid, root.gid)
    tree.chmod('.', 0o755)
    for (const path of ['bin', 'dev', 'etc', 'home', 'var', 'var/log']) tree.mkdir(path, 0o755, root)
    for (const path of ['home/alice', 'home/alice/.git']) tree.mkdir(path, 0o700, alice)
    this.write('bin/busybox', 'program', 0o755, root)
    this.write('bin/su', 'program', 0o4755, root)
    tree.symlink('busybox', 'bin/sh', root)
    tree.mknod('dev/console', 0o020600, { major: 5, minor: 1 }, root)
    this.write('etc/passwd', 'root:x:0:0::/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n', 0o644, root)
    this.write('etc/group', 'root:x:0:\nshadow:x:42:\nalice:x:1000:\n', 0o644, root)
    this.write('etc/shadow', 'root:*:::::::\n', 0o640, shadow)
    this.write('home/alice/notes', 'some words\n', 0o600, alice)
    this.write('home/alice/.git/config', '', 0o600, alice)
    this.write('var/log/messages', 'a line\n', 0o640, root)
    tree.endView()
    execFileSync('chown', ['-R', `${hostUid}:${hostUid}`, tree.path])
  }

  get path(): string {
    return this.tree.path
  }

  private write(path: string, content: string, mode: number, { uid, gid }: typeof root): void {
    this.tree.write(path, content, mode)
    this.tree.chown(path, uid, gid)
    // A change of owner takes the set-user-id bit away.
    this.tree.chmod(path, mode)
  }

  [Symbol.dispose](): void {
    this.tree[Symbol.dispose]()
  }
}
