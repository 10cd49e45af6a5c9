// `user.virtfs.*` of objects that somebody passes by. Nearly all objects of a tree are as QEMU makes them: those are
// recognised with one call for their attributes' names and one for each value, and only the others are looked into.

import { Errno, ErrnoError, UsageError } from '../errors.js'
import { type Host, type PreparedName, SELF } from '../host/host-directory.js'
import { type GuestGid, type GuestUid, NO_ID } from '../ids.js'
import { S_IFBLK, S_IFCHR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK } from '../sys/constants.js'
import type { HostStat } from '../sys/stat.js'
import type { PassedObject } from './evidence.js'
import { type Examined, examineThoroughly } from './examined.js'
import { unlessUnreadable } from './leniency.js'
import { canHoldAttributes, listedAttributes } from './listed-attributes.js'
import { NO_OWNERSHIP, type Ownership, OWNERSHIP_KEYS, type OwnershipKey, type Writable } from './ownership.js'
import type { PassingReader } from './passing-reader.js'
import type { Problem } from './problems.js'
import { ATTRIBUTE_OF, decodeId, decodeMode, decodeRdev, OWN_PREFIX, WIDTH } from './xattr-codec.js'

const NO_PROBLEMS: readonly Problem[] = []

/** What a list of attribute names says: which members are stored, and whether that is all there is of ours. */
interface Inventory {
  readonly names: string
  readonly keys: readonly OwnershipKey[]
  readonly isUsual: boolean
}

/** Lists that were met, for most objects have the same; not more, since a guest chooses what its objects have. */
const INVENTORIES_MAX = 64

/** Nothing of use is stored: no attribute, none possible here, one that is too long, or none that we may read. */
const ABSENT: ReadonlySet<number> = new Set([
  Errno.ENODATA,
  Errno.EOPNOTSUPP,
  Errno.ERANGE,
  Errno.E2BIG,
  Errno.EACCES,
  Errno.EPERM,
])

export class XattrReader implements PassingReader {
  private readonly attributes: Readonly<Record<OwnershipKey, PreparedName>>
  private readonly inventories = new Map<string, Inventory>()

  /** Refuses a host on which attributes cannot be read: the host's owners would be taken for the guest's. */
  constructor(private readonly host: Host) {
    const { withoutAttributes } = host.limits
    if (withoutAttributes !== undefined)
      throw new UsageError(`Cannot read user.virtfs attributes: ${withoutAttributes}`)
    const prepared = OWNERSHIP_KEYS.map((key) => [key, host.attributeName(ATTRIBUTE_OF[key])])
    this.attributes = Object.fromEntries(prepared) as Record<OwnershipKey, PreparedName>
  }

  isReserved(): boolean {
    return false
  }

  ownershipOf(object: PassedObject, keys: readonly OwnershipKey[]): Ownership {
    return canHoldAttributes(object.host) ? this.read(object, keys).ownership : NO_OWNERSHIP
  }

  examine(object: PassedObject): Examined {
    const inventory = object.surroundings.metadata === 'none' ? this.inventoryOf(object) : undefined
    if (inventory?.isUsual !== true) return examineThoroughly(object, 'xattr')
    const { ownership, isExact } = this.read(object, inventory.keys)
    const seen = { ownership, problems: NO_PROBLEMS, attributeNames: inventory.names }
    if (isExact && isUsual(object.host, ownership)) return seen
    const content = isExact && mayBeSymlink(object.host, ownership) ? targetIn(object) : undefined
    return content === undefined ? examineThoroughly(object, 'xattr') : { ...seen, content }
  }

  private inventoryOf({ directory, name, host }: PassedObject): Inventory | undefined {
    if (!canHoldAttributes(host)) return undefined
    const list = listedAttributes(directory, name)
    if (list === undefined) return undefined
    const known = this.inventories.get(list)
    if (known !== undefined) return known
    const inventory = { names: list, ...inventoryIn(list.split('\0')) }
    if (this.inventories.size < INVENTORIES_MAX) this.inventories.set(list, inventory)
    return inventory
  }

  /** `isExact`: everything was there, and as wide as QEMU on Linux writes it. */
  private read(
    { directory, name }: PassedObject,
    keys: readonly OwnershipKey[],
  ): { ownership: Ownership; isExact: boolean } {
    const { lastValue } = this.host
    const ownership: Writable<Ownership> = {}
    let isExact = true
    for (const key of keys) {
      const length = directory.peekAttribute(name, this.attributes[key], WIDTH[key])
      // To show the host's owner because a disk failed would hand the object to somebody else.
      if (length < 0 && !ABSENT.has(-length)) throw new ErrnoError(-length, { op: 'read attribute', name })
      if (length !== WIDTH[key]) isExact = false
      put(ownership, key, lastValue, length)
    }
    return { ownership, isExact }
  }
}

function put(into: Writable<Ownership>, key: OwnershipKey, value: DataView, length: number): void {
  if (key === 'rdev') {
    const rdev = decodeRdev(value, length)
    if (rdev !== undefined) into.rdev = rdev
    return
  }
  const number = key === 'mode' ? decodeMode(value, length) : decodeId(value, length)
  if (number === undefined) return
  if (key === 'mode') into.mode = number
  else if (key === 'uid') into.uid = number as GuestUid
  else into.gid = number as GuestGid
}

const ACL_NAMES: readonly string[] = ['access', 'default'].map((acl) => `${OWN_PREFIX}system.posix_acl_${acl}`)

function inventoryIn(names: readonly string[]): Omit<Inventory, 'names'> {
  const own = names.filter((name) => name.startsWith(OWN_PREFIX) || name.startsWith('system.posix_acl_'))
  const keys = OWNERSHIP_KEYS.filter((key) => own.includes(ATTRIBUTE_OF[key]))
  const acls = own.filter((name) => ACL_NAMES.includes(name))
  return { keys, isUsual: own.length === keys.length + acls.length }
}

const SPECIAL: ReadonlySet<number> = new Set([S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK])

const isOwned = ({ uid, gid }: Ownership): boolean => uid !== NO_ID && gid !== NO_ID

/** A target that can be followed is no longer. */
const TARGET_MAX = 4095

/** True for a symlink that is one, provided that its content can be a target. */
const mayBeSymlink = ({ mode: hostMode, size }: HostStat, ownership: Ownership): boolean =>
  isOwned(ownership) &&
  ownership.mode !== undefined &&
  ownership.mode <= 0xffff &&
  (ownership.mode & S_IFMT) === S_IFLNK &&
  (hostMode & S_IFMT) === S_IFREG &&
  size > 0 &&
  size <= TARGET_MAX

/** What a symlink leads to; undefined where it cannot be read, or is nothing that a guest's kernel makes. */
function targetIn({ directory, name, host }: PassedObject): Buffer | undefined {
  if (name === SELF) return undefined
  const content = unlessUnreadable(() => directory.content(name, host.size))
  return content === undefined || content.includes(0) || content.includes(NEWLINE) ? undefined : content
}

const NEWLINE = 0x0a

/** True for what QEMU makes. Symlinks are none of it: what is in them has to be looked at. */
function isUsual({ mode: hostMode, size }: HostStat, ownership: Ownership): boolean {
  const { mode, rdev } = ownership
  if (!isOwned(ownership)) return false
  if (mode === undefined) return true
  if (mode > 0xffff) return false
  const type = mode & S_IFMT
  if (type === (hostMode & S_IFMT)) return true
  if ((hostMode & S_IFMT) !== S_IFREG || !SPECIAL.has(type) || size !== 0) return false
  return rdev !== undefined || type === S_IFIFO || type === S_IFSOCK
}
