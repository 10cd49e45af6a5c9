// The bodies of passthrough and none: every object is on the host what it is for the guest. A new one is closed to all
// but the server and has no set-id bit until its store has given it to its owner: in between it is root's.

import type { DeviceNumber } from '../ids.js'
import type { Name } from '../name.js'
import { O_CREAT, O_EXCL, S_IFMT } from '../sys/constants.js'
import { mkdirat, mknodat, readlinkat, symlinkat } from '../sys/directory.js'
import type { Fd } from '../sys/fd.js'
import { openat } from '../sys/open.js'
import type { Embodiment, StoredObject } from './store.js'

const OWNER_ONLY = 0o700

export class AsThemselves implements Embodiment {
  createFile(dir: Fd, name: Name, flags: number, guestMode: number): Fd {
    return openat(dir, name, flags | O_CREAT | O_EXCL, guestMode & OWNER_ONLY)
  }

  createDirectory(dir: Fd, name: Name, guestMode: number): void {
    mkdirat(dir, name, guestMode & OWNER_ONLY)
  }

  createNode(dir: Fd, name: Name, guestMode: number, rdev: DeviceNumber): void {
    mknodat(dir, name, guestMode & (S_IFMT | OWNER_ONLY), rdev)
  }

  createSymlink(dir: Fd, name: Name, target: string): void {
    symlinkat(target, dir, name)
  }

  readSymlink(object: StoredObject): string {
    return readlinkat(object.handle())
  }
}
