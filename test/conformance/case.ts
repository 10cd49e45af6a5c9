// One conformance case: a fact about the guest's file system, and what a model must be able to do for it to be asked.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ErrnoError } from '../../src/errors.js'
import { nameFromText } from '../../src/name.js'
import { type SecurityModel } from '../../src/ownership/security-models.js'
import { openModel } from '../../src/ownership/models.js'
import { S_IFCHR } from '../../src/sys/constants.js'
import { mknodat } from '../../src/sys/directory.js'
import { openTree } from '../../src/sys/open.js'
import type { ViewedTree } from '../support/viewed-tree.js'

/** What a case may need; everything else holds in every model, for every user. */
export type Need =
  /** Any uid and gid can be kept. */
  | 'owners'
  /** Device nodes can be made. */
  | 'devices'
  /** All 64 bits of a device number. */
  | 'wide devices'
  /** POSIX ACLs of the guest. */
  | 'acls'
  /** Attributes for ACLs that the host does not act on. */
  | 'inert acls'
  /** Symlinks and special files are regular files on the host. */
  | 'mapped'
  /** Objects are on the host what they are for the guest. */
  | 'real'
  /** Ownership is stored in attributes of the object. */
  | 'attributes'
  /** Ownership is stored in the object's inode, as attributes or as itself. */
  | 'in the inode'
  /** Ownership is stored beside the name. */
  | 'side files'
  /** The privilege to do anything on the host. */
  | 'root'

export interface Case {
  readonly title: string
  readonly needs?: readonly Need[]
  /** Takes long, and would show nothing more when it is run for another user. */
  readonly isLong?: boolean
  run(tree: ViewedTree): void
}

/** What a model can do, for a user with or without privilege. */
export function abilitiesOf(
  name: SecurityModel,
  isPrivileged: boolean,
  canMakeDevices = isPrivileged && mayMakeDevices(),
): ReadonlySet<Need> {
  const { capabilities, storedAs } = openModel(name)
  const { keepsAnyOwner, keepsDevices, keepsWideDevices, keepsAcls } = capabilities
  const abilities: Record<Need, boolean> = {
    owners: keepsAnyOwner || isPrivileged,
    devices: keepsDevices || canMakeDevices,
    'wide devices': keepsWideDevices,
    acls: keepsAcls,
    'inert acls': keepsAcls && storedAs === 'xattr',
    mapped: storedAs !== 'inode',
    real: storedAs === 'inode',
    attributes: storedAs === 'xattr',
    'in the inode': storedAs !== 'sidecar',
    'side files': storedAs === 'sidecar',
    root: isPrivileged,
  }
  return new Set((Object.keys(abilities) as Need[]).filter((need) => abilities[need]))
}

export const canRun = ({ needs = [] }: Case, abilities: ReadonlySet<Need>): boolean =>
  needs.every((need) => abilities.has(need))

let mayMake: boolean | undefined

/** Root in a container may be without CAP_MKNOD. */
function mayMakeDevices(): boolean {
  mayMake ??= tryDevice()
  return mayMake
}

function tryDevice(): boolean {
  const path = mkdtempSync(join(tmpdir(), 'virtfs-device-'))
  using directory = openTree(path)
  try {
    mknodat(directory, nameFromText('null'), S_IFCHR | 0o600, { major: 1, minor: 3 })
    return true
  } catch (cause) {
    if (cause instanceof ErrnoError) return false
    throw cause
  } finally {
    rmSync(path, { recursive: true })
  }
}
