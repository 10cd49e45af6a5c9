// How most files of a mapped tree look on the host: what its root and the first file in it do.

import type { HostDirectory } from '../host/host-directory.js'
import { SELF } from '../host/host-directory.js'
import { listedNames } from '../host/listed-names.js'
import { S_IFREG } from '../sys/constants.js'
import { permissionsOf, typeOf } from './mode.js'
import type { Bodies } from './settings.js'

/** How many names of the root are looked at for a file. */
const NAMES = 100

/** QEMU's. */
export const bodyDefaults = { fmode: 0o600, dmode: 0o700 } as const

export function hostLooks(root: HostDirectory): Bodies {
  const self = root.stat(SELF)!
  let fmode: number = bodyDefaults.fmode
  let left = NAMES
  for (const name of listedNames(root)) {
    const stat = root.stat(name)
    if (stat !== undefined && typeOf(stat.mode) === S_IFREG) {
      fmode = permissionsOf(stat.mode)
      break
    }
    if (--left === 0) break
  }
  return { uid: self.uid, gid: self.gid, fmode, dmode: permissionsOf(self.mode) }
}
