// What is stored for objects that somebody passes by, a million of them perhaps: nothing is opened for an object that
// its form of storage does not need. What it says is what the stores say (`OwnershipStore.load`), who hold objects.

import type { Host } from '../host/host-directory.js'
import { type PassedObject, recordOf } from './evidence.js'
import { type Examined, examineThoroughly } from './examined.js'
import { NO_OWNERSHIP, type Ownership, type OwnershipKey } from './ownership.js'
import { ownershipIn } from './problems.js'
import { METADATA_DIRECTORY, ROOT_RECORD } from './reserved-names.js'
import type { StoredForm } from './store.js'
import { XattrReader } from './xattr-reader.js'

/** Reads the ownership of passed objects in one form of storage. */
export interface PassingReader {
  /** True for a name that the form keeps its own data under: for a guest there is nothing. */
  isReserved(name: string): boolean
  /** What is stored for the members asked for; perhaps for others, too. */
  ownershipOf(object: PassedObject, keys: readonly OwnershipKey[]): Ownership
  /** Everything that is stored, and what is wrong with it. */
  examine(object: PassedObject): Examined
}

const sidecar: PassingReader = {
  isReserved: (name) => name === METADATA_DIRECTORY || name === ROOT_RECORD,
  ownershipOf: (object) => ownershipIn({ attributes: new Map(), ...recordOf(object) }, 'sidecar'),
  examine: (object) => examineThoroughly(object, 'sidecar'),
}

const inode: PassingReader = {
  isReserved: () => false,
  ownershipOf: () => NO_OWNERSHIP,
  examine: (object) => examineThoroughly(object, 'inode'),
}

/** The reader of a form of storage. */
export function readerOf(form: StoredForm, host: Host): PassingReader {
  if (form === 'xattr') return new XattrReader(host)
  return form === 'sidecar' ? sidecar : inode
}
