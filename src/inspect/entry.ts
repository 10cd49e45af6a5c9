// One object of an export, as a report: what the guest sees, what the host has, where each value comes from and what is
// wrong with it.

import { isErrno } from '../errors.js'
import { type DeviceNumber, packDevice, unpackDevice } from '../ids.js'
import { gatherEvidence } from '../ownership/evidence.js'
import { cover, type GuestStat, OWNERSHIP_KEYS, type OwnershipKey } from '../ownership/ownership.js'
import { examine, type Problem } from '../ownership/problems.js'
import type { Model, StoredForm } from '../ownership/store.js'
import type { SecurityModel } from '../ownership/models.js'
import { S_IFLNK, S_IFMT } from '../sys/constants.js'
import { statx } from '../sys/stat.js'
import type { Node } from '../view/node.js'
import type { GuestView } from '../view/view.js'
import { groupName, userName } from './host-names.js'

/** The export that an object was found in. */
export interface ExportFacts {
  /** The real path of its root, in bytes. */
  readonly root: string
  readonly model: SecurityModel
  /** The model was not named but recognised by what is stored. */
  readonly isDetected: boolean
}

/** What this host calls an owner; undefined where it knows no such id. Bytes. */
export interface OwnerNames {
  readonly user: string | undefined
  readonly group: string | undefined
}

/** Where a value comes from: what the model stores, or the host's inode. */
export type Source = Readonly<Record<OwnershipKey, StoredForm>>

/** A report on one object. Strings are bytes (Latin-1). */
export interface Entry extends ExportFacts {
  /** As it was asked for. */
  readonly path: string
  /** What the guest sees; the host's own values are in `guest.host`. */
  readonly guest: GuestStat
  readonly guestNames: OwnerNames
  readonly hostNames: OwnerNames
  /** Of a symlink; undefined for anything else, and where it cannot be read. */
  readonly target: string | undefined
  readonly source: Source
  readonly problems: readonly Problem[]
}

/** An export that is being looked at. */
export interface Inspected extends ExportFacts {
  readonly view: GuestView
  readonly behaviour: Model
}

/** Reports on a node of the export. */
export function entryOf({ view, behaviour, root, model, isDetected }: Inspected, node: Node, path: string): Entry {
  const { store, storedAs } = behaviour
  const ownership = store.load(node)
  const host = statx(node.handle())
  const covered = cover(host, ownership)
  const guest = { ...covered, rdev: asLinuxHasIt(covered.rdev) }
  const sources = OWNERSHIP_KEYS.map((key) => [key, ownership[key] === undefined ? 'inode' : storedAs])
  return {
    path,
    root,
    model,
    isDetected,
    guest,
    guestNames: { user: userName(guest.uid), group: groupName(guest.gid) },
    hostNames: { user: userName(host.uid), group: groupName(host.gid) },
    target: (guest.mode & S_IFMT) === S_IFLNK ? targetOf(view, node) : undefined,
    source: Object.fromEntries(sources) as Source,
    problems: examine(gatherEvidence(node), storedAs),
  }
}

/**
 * Linux's 9P client takes 32 bits of a device number (new_decode_dev in include/linux/kdev_t.h), so that a guest does
 * not see the sign with which mapped-file pads a number of 32 bits, nor what a number of 64 bits has beyond them.
 */
const asLinuxHasIt = (rdev: DeviceNumber): DeviceNumber => unpackDevice(packDevice(rdev) & 0xffff_ffffn)

/** Content that is too long for a target, or closed to us, is among the problems and keeps nothing else from showing. */
function targetOf(view: GuestView, node: Node): string | undefined {
  try {
    return view.targetOf(node)
  } catch (cause) {
    if (isErrno(cause, 'ENAMETOOLONG') || isErrno(cause, 'EACCES') || isErrno(cause, 'EINVAL')) return undefined
    throw cause
  }
}
