// An object that a test holds, as one that somebody passes by.

import { LinuxDirectory } from '../../../src/host/linux-host.js'
import { SELF } from '../../../src/host/host-directory.js'
import type { PassedObject } from '../../../src/ownership/evidence.js'
import { surroundingsIn } from '../../../src/ownership/surroundings.js'
import { reopenPath } from '../../../src/sys/open.js'
import { statx } from '../../../src/sys/stat.js'
import type { HeldObject } from './tree.js'

/** Hands the object on as a passed one, for as long as `look` takes. */
export function passingBy<T>(object: HeldObject, look: (passed: PassedObject) => T): T {
  const place = object.place()
  using directory = new LinuxDirectory(reopenPath(place?.dir ?? object.handle()))
  using surroundings = surroundingsIn(directory)
  return look({ directory, name: place?.name ?? SELF, host: statx(object.handle()), surroundings })
}
