// One entry as a guest sees it through a security model, as a record: what both models of a conversion can show, in the same
// terms, so that equal records mean that the guest sees the same.

import { createHash } from 'node:crypto'
import { isErrno } from '../errors.js'
import { type HostDirectory, SELF } from '../host/host-directory.js'
import { descriptorOf, linuxHost } from '../host/linux-host.js'
import { type DeviceNumber, packDevice } from '../ids.js'
import type { Name } from '../name.js'
import { translateAcl } from '../ownership/acl-ids.js'
import type { PassedObject } from '../ownership/evidence.js'
import { canHoldAttributes, listedAttributes } from '../ownership/listed-attributes.js'
import { cover, OWNERSHIP_KEYS } from '../ownership/ownership.js'
import { type PassingReader, readerOf } from '../ownership/passing-reader.js'
import { formOf, type SecurityModel, xattrNamesOf } from '../ownership/security-models.js'
import type { XattrNames } from '../ownership/store.js'
import { OWN_PREFIX } from '../ownership/xattr-codec.js'
import { ACL_NAMES } from '../ownership/xattr-names.js'
import { O_NOATIME, O_RDONLY, S_IFLNK, S_IFREG } from '../sys/constants.js'
import { pread } from '../sys/io.js'
import { openPath, reopen } from '../sys/open.js'
import type { HostStat } from '../sys/stat.js'
import { aclWithMode } from './acl-mode.js'
import { ACCESS_ACL } from './acl-names.js'
import { setTimes } from './bodies.js'
import { Fingerprint, textFingerprint } from './fingerprint.js'
import { isDevice, isDirectory, isPlainType, typeOf } from './mode.js'
import type { IdTranslation } from './settings.js'
import { fingerprintPath, Word } from './view-record.js'

/** What can be compared of two models' views. Plain data. */
export interface ViewTerms {
  /** One of them shows no ACLs. */
  readonly hidesAcls: boolean
  /** One keeps 32 bits of a device's number. */
  readonly cutsDevices: boolean
  /** One has real symlinks and special files, which keep no attributes of guests', and modes that are a part of ACLs. */
  readonly hasRealObjects: boolean
  /** Directories have as many links for both: mapped-file has a directory of its own in them. */
  readonly countsDirectoryLinks: boolean
  /** The content of files is compared too. */
  readonly hasContent: boolean
  /** Symlinks of the host get the time of access back that reading them has moved. */
  readonly givesTimesBack: boolean
}

export function viewTerms(
  one: SecurityModel,
  other: SecurityModel,
  { isCopy, givesTimesBack }: { readonly isCopy: boolean; readonly givesTimesBack: boolean },
): ViewTerms {
  const forms = [formOf(one), formOf(other)]
  return {
    hidesAcls: one === 'none' || other === 'none',
    cutsDevices: forms.includes('sidecar'),
    hasRealObjects: forms.includes('inode'),
    // Another file system may count subdirectories otherwise.
    countsDirectoryLinks: !forms.includes('sidecar') && !isCopy,
    hasContent: isCopy,
    givesTimesBack,
  }
}

/** Longest target that a protocol string can carry. */
const TARGET_MAX = 0xffff
/** An id that no range has. */
const UNMAPPED = -1

export class GuestViewer {
  private readonly reader: PassingReader
  private readonly names: XattrNames
  private readonly fingerprint = new Fingerprint()

  /** `ids` are put in the place of what the model has. */
  constructor(
    model: SecurityModel,
    private readonly terms: ViewTerms,
    private readonly ids: IdTranslation,
  ) {
    this.reader = readerOf(formOf(model), linuxHost)
    this.names = xattrNamesOf(model)
  }

  /** Puts what a guest sees of an object into `record`, besides flags. The root's path is '.'. */
  view(object: PassedObject, path: string, record: Uint32Array): void {
    const { host, name } = object
    const { fingerprint } = this
    const { uid, gid, mode, rdev } = cover(host, this.reader.ownershipOf(object, OWNERSHIP_KEYS))
    fingerprintPath(path, fingerprint)
    record[Word.pathLow] = fingerprint.low
    record[Word.pathHigh] = fingerprint.high
    record[Word.mode] = mode
    record[Word.owner] = fingerprint
      .begin()
      .number(mapped(() => this.ids.uid(uid)))
      .number(mapped(() => this.ids.gid(gid))).low
    record[Word.body] = this.bodyOf(object, mode, rdev)
    const hasSize = typeOf(mode) === S_IFREG || typeOf(mode) === S_IFLNK
    record[Word.size] = hasSize ? fingerprint.begin().number(host.size).low : 0
    const countsLinks = !isDirectory(mode) || (this.terms.countsDirectoryLinks && name !== SELF)
    record[Word.links] = countsLinks ? host.nlink : 0
    record[Word.mtime] = fingerprint.begin().number(host.mtimeSec).number(host.mtimeNsec).low
    record[Word.attributes] = this.attributesOf(object, mode)
  }

  private bodyOf({ directory, name, host }: PassedObject, mode: number, rdev: DeviceNumber): number {
    if (isDevice(mode)) {
      const number = packDevice(rdev)
      return Number((this.terms.cutsDevices ? number : number ^ (number >> 32n)) & 0xffff_ffffn)
    }
    if (name === SELF) return 0
    if (typeOf(mode) === S_IFLNK) return textFingerprint(this.targetOf(directory, name, host))
    return typeOf(mode) === S_IFREG && this.terms.hasContent ? contentFingerprint(directory, name) : 0
  }

  private targetOf(directory: HostDirectory, name: Name, host: HostStat): string {
    if (typeOf(host.mode) === S_IFREG) return directory.content(name, TARGET_MAX).toString('latin1')
    if (typeOf(host.mode) !== S_IFLNK) return ''
    const target = directory.readlink(name)
    if (this.terms.givesTimesBack) giveTimesBack(directory, name, host)
    return target
  }

  /** Of names and values together, in the order of the names. */
  private attributesOf({ directory, name, host }: PassedObject, mode: number): number {
    if (typeOf(host.mode) === S_IFLNK) return 0
    const names = listedAttributes(directory, name)?.split('\0').slice(0, -1) ?? []
    const kept = names
      .map((hostName) => ({ hostName, guestName: this.names.toGuest(hostName) }))
      .filter((each): each is KeptAttribute => this.isShown(each.guestName, mode, canHoldAttributes(host)))
      .sort((one, other) => (one.guestName < other.guestName ? -1 : 1))
    const values = kept.flatMap(({ guestName, hostName }) => {
      const value = directory.attribute(name, hostName)
      const shown = value && (ACL_NAMES.has(guestName) ? this.shownAcl(guestName, value, mode) : value)
      return shown === undefined ? [] : [guestName, shown.toString('latin1')]
    })
    if (values.length === 0) return 0
    this.fingerprint.begin()
    for (const value of values) this.fingerprint.text(value)
    return this.fingerprint.low
  }

  private isShown(guestName: string | undefined, mode: number, canHoldOthers: boolean): boolean {
    if (guestName === undefined || guestName.startsWith(OWN_PREFIX)) return false
    if (ACL_NAMES.has(guestName)) return !this.terms.hidesAcls && typeOf(mode) !== S_IFLNK
    return canHoldOthers && (isPlainType(mode) || !this.terms.hasRealObjects)
  }

  /** Undefined for an ACL that says no more than the mode does, which kernels do not keep. */
  private shownAcl(guestName: string, value: Buffer, mode: number): Buffer | undefined {
    const isAccess = guestName === ACCESS_ACL
    const isMinimal = value.length === NO_ENTRIES || (isAccess && value.length === OF_A_MODE)
    if (isMinimal) return undefined
    const ids = {
      uid: (id: number) => mapped(() => this.ids.uid(id)) >>> 0,
      gid: (id: number) => mapped(() => this.ids.gid(id)) >>> 0,
    }
    const translated = translateAcl(value, ids)
    if (translated === undefined) return value
    // One that contradicts the mode cannot be on an object of the host: the plan says so.
    return isAccess && this.terms.hasRealObjects ? aclWithMode(translated, mode) : translated
  }
}

interface KeptAttribute {
  readonly hostName: string
  readonly guestName: string
}

/** Bytes of an ACL without entries, and of one with the three that every mode has (see acl-reader.ts). */
const NO_ENTRIES = 4
const OF_A_MODE = 4 + 3 * 8

function mapped(translate: () => number): number {
  try {
    return translate()
  } catch (cause) {
    if (isErrno(cause, 'EOVERFLOW')) return UNMAPPED
    throw cause
  }
}

function giveTimesBack(directory: HostDirectory, name: Name, host: HostStat): void {
  using handle = openPath(descriptorOf(directory), name)
  if (handle === undefined) return
  try {
    setTimes(handle, host)
  } catch (cause) {
    // It is somebody else's, and so are its times.
    if (!isErrno(cause, 'EPERM')) throw cause
  }
}

const BUFFER_SIZE = 256 * 1024
let buffer: Buffer | undefined

/** Holes are zeros. */
function contentFingerprint(directory: HostDirectory, name: Name): number {
  using handle = openPath(descriptorOf(directory), name)
  if (handle === undefined) return 0
  using file = reopen(handle, O_RDONLY | O_NOATIME)
  const hash = createHash('sha1')
  buffer ??= Buffer.allocUnsafeSlow(BUFFER_SIZE)
  for (let position = 0, read = 1; read > 0; position += read) {
    read = pread(file, buffer, position)
    hash.update(buffer.subarray(0, read))
  }
  return hash.digest().readUInt32LE()
}
