// What is to become of one object: told from what was observed of it, and from nothing else. The plan and the conversion
// itself both ask here, so that they agree. Pure.

import { isErrno } from '../errors.js'
import { type DeviceNumber, NO_ID, packDevice } from '../ids.js'
import { translateAcl } from '../ownership/acl-ids.js'
import { cover, type GuestStat } from '../ownership/ownership.js'
import type { Problem, ProblemCode } from '../ownership/problems.js'
import type { StoredForm } from '../ownership/store.js'
import { OWN_PREFIX } from '../ownership/xattr-codec.js'
import { ACL_NAMES } from '../ownership/xattr-names.js'
import { printable } from '../printable.js'
import { S_IFBLK, S_IFCHR, S_IFIFO, S_IFLNK, S_IFSOCK, S_ISUID } from '../sys/constants.js'
import { aclWithMode } from './acl-mode.js'
import { ACCESS_ACL, aclNameIn, asideName, hasRealAcl } from './acl-names.js'
import { Clothes } from './clothes.js'
import type { InodeSet } from './inode-set.js'
import { isDevice, isDirectory, isPlainType, isSetid, permissionsOf, typeOf } from './mode.js'
import { isWhole, type Observation } from './observation.js'
import type { ChangeKind } from './plan.js'
import { type HostOwner, mayChange, mayGive, mayMakeDevices } from './privileges.js'
import { type ConversionSettings, formsOf, idTranslation, type IdTranslation } from './settings.js'

/** What an object is to be for the target's guest. */
export interface TargetStat {
  readonly uid: number
  readonly gid: number
  /** The whole st_mode. */
  readonly mode: number
  readonly rdev: DeviceNumber
}

/** `refuse`: it stays as it is, for a reason that the user is told. */
export interface Refusal {
  readonly kind: 'refuse'
  readonly reason: string
  /** The caller has not the privilege; somebody else may. */
  readonly isForbidden: boolean
}

export interface Change {
  readonly kind: 'change'
  readonly stat: TargetStat
  readonly changes: readonly ChangeKind[]
  readonly lost: readonly string[]
  /** The host needs an object of another type: a new one takes its place. */
  readonly isReplaced: boolean
  /** A run that was interrupted has stored all of it in the target's form: only what is left of the other form goes. */
  readonly isStored: boolean
}

/** `leave`: it is in the target's form. */
export interface Left {
  readonly kind: 'leave'
  /** What a guest does not see any more although nothing changes. */
  readonly lost: readonly string[]
}

export type Decision = Left | Refusal | Change

const LEAVE: Left = { kind: 'leave', lost: [] }
const refuse = (reason: string, isForbidden = false): Refusal => ({ kind: 'refuse', reason, isForbidden })

/** What a guest is shown then is nobody's intention: neither is carried on. */
const BROKEN: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'attributes-unreadable',
  'big-endian-mode',
  'id-minus-one',
  'mode-beyond-16-bits',
  'mode-of-unknown-type',
  'record-not-a-file',
  'record-too-long',
  'record-unreadable',
  'metadata-unreadable',
  'type-mismatch',
  'wrong-width',
])

/** The same, where the object is to be what its mode says. */
const UNREAL: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'special-with-content',
  'symlink-empty',
  'symlink-too-long',
  'symlink-with-nul',
])

const KIND_OF_TYPE: Readonly<Record<number, ChangeKind>> = {
  [S_IFLNK]: 'symlink',
  [S_IFCHR]: 'device',
  [S_IFBLK]: 'device',
  [S_IFIFO]: 'fifo',
  [S_IFSOCK]: 'socket',
}

const brokenIn = ({ problems }: Observation): Problem | undefined => problems.find(({ code }) => BROKEN.has(code))

export class Decider {
  private readonly from: StoredForm
  private readonly to: StoredForm
  readonly ids: IdTranslation
  private readonly clothes: Clothes
  /** Attributes with ACLs that the target has under another name, or with other ids in them. */
  private readonly movedAcls: readonly string[]

  /** `left` is those of `settings.left`. */
  constructor(
    private readonly settings: ConversionSettings,
    private readonly left: InodeSet,
  ) {
    const forms = formsOf(settings)
    this.from = forms.from
    this.to = forms.to
    this.ids = idTranslation(settings)
    const isMoved = aclNameIn(this.from, '') !== aclNameIn(this.to, '') || !this.ids.isIdentity
    this.movedAcls = isMoved ? [...ACL_NAMES].map((acl) => aclNameIn(this.from, acl)) : []
    this.clothes = new Clothes(settings)
  }

  /** True for what the source stores a part of: the rest is the host's, until a conversion changes it. */
  isPartial(observation: Observation): boolean {
    return this.from !== 'inode' && !this.storesNothing(observation) && !isWhole(observation.ownership)
  }

  /** What is stored of it is nobody's intention, and not carried on: not even completed. */
  isBroken(observation: Observation): boolean {
    return brokenIn(observation) !== undefined
  }

  /** In mapped-xattr an ACL is stored, too. */
  private storesNothing({ ownership, attributes }: Observation): boolean {
    const { uid, gid, mode, rdev } = ownership
    if (uid !== undefined || gid !== undefined || mode !== undefined || rdev !== undefined) return false
    return this.from !== 'xattr' || !attributes.some((name) => ASIDE_NAMES.has(name))
  }

  decide(observation: Observation): Decision {
    if (this.settings.isCopy) return this.change(observation, false)
    // What no run was to touch is not to be put back either.
    if (this.settings.isBack && this.left.has(observation.host.ino)) return LEAVE
    return this.from === 'inode' ? this.decideByTarget(observation) : this.decideBySource(observation)
  }

  /** The source is the inode: what has all that the target stores has been converted. */
  private decideByTarget(observation: Observation): Decision {
    const { host, isStored, attributes } = observation
    if (this.to === 'inode') return { kind: 'leave', lost: this.lostAcls(attributes) }
    // A record may lie beside a symlink or device already, which is still to become a file.
    if (!isStored || !isPlainType(host.mode)) return this.change(observation, false)
    const isBegun = this.settings.isResumed && !this.left.has(host.ino) && !this.hasBody(observation)
    return isBegun ? this.change(observation, true) : LEAVE
  }

  /** The source stores something: what has nothing stored has been converted, or is a host's own. */
  private decideBySource(observation: Observation): Decision {
    const { attributes, host } = observation
    if (this.from === this.to) return LEAVE
    if (this.storesNothing(observation)) {
      const hasAside = attributes.some((name) => ASIDE_NAMES.has(name))
      if (this.settings.isResumed && hasAside && !this.left.has(host.ino)) return this.change(observation, true)
      // What cannot be made out is not taken for nothing.
      const broken = brokenIn(observation)
      return broken === undefined ? LEAVE : refuse(broken.sentence)
    }
    // Nothing that is to be changed was partial when that began: the rest has been removed since.
    const isBeingRemoved = this.from === 'xattr' && this.settings.isResumed && this.isPartial(observation)
    return this.change(observation, isBeingRemoved && !this.left.has(host.ino))
  }

  /** True where the host's object is as the target's model makes one. */
  private hasBody({ host, attributes }: Observation): boolean {
    const { uid, gid, mode } = this.clothes.of(host, hasRealAcl(this.to, attributes))
    return (
      host.uid === uid &&
      host.gid === gid &&
      permissionsOf(host.mode) === mode &&
      !attributes.some((name) => this.isLeftover(name))
    )
  }

  /** Of an ACL that has been carried over already. */
  private isLeftover(name: string): boolean {
    return this.to === 'xattr' ? ACL_NAMES.has(name) : !this.ids.isIdentity && ASIDE_NAMES.has(name)
  }

  private change(observation: Observation, isStored: boolean): Decision {
    const { host, ownership, problems } = observation
    if (isStored) return this.finishing(observation)
    const isReal = this.to === 'inode'
    const broken = brokenIn(observation) ?? (isReal ? problems.find(({ code }) => UNREAL.has(code)) : undefined)
    if (broken !== undefined) return refuse(broken.sentence)
    const guest = cover(host, ownership)
    if (
      this.from === 'inode' &&
      !isPlainType(guest.mode) &&
      this.to !== 'inode' &&
      KIND_OF_TYPE[typeOf(guest.mode)] === undefined
    )
      return refuse('it is of no type that a guest can have')
    const stat = this.mapped(guest)
    if (stat === undefined) return refuse(`no range of --map-uid or --map-gid has ${guest.uid}:${guest.gid}`)
    const isReplaced = this.isReplaced(observation, guest)
    const refusal =
      this.refusalOfAcls(observation) ??
      (isReal ? this.gate(observation, guest, stat) : undefined) ??
      this.forbidden(observation, stat, isReplaced || this.settings.isCopy)
    if (refusal !== undefined) return refusal
    const lost = this.lostOf(observation, guest, isReplaced)
    return { kind: 'change', stat, changes: this.changesOf(observation, guest, stat), lost, isReplaced, isStored }
  }

  /** All is stored in the target's form, and the host's object stays. */
  private finishing({ host }: Observation): Change {
    const { uid, gid, mode, rdev } = host
    return { kind: 'change', stat: { uid, gid, mode, rdev }, changes: [], lost: [], isReplaced: false, isStored: true }
  }

  private mapped({ uid, gid, mode, rdev }: GuestStat): TargetStat | undefined {
    const stat = unlessOverflow(() => ({ uid: this.ids.uid(uid), gid: this.ids.gid(gid), mode, rdev }))
    return stat === 'overflow' || stat.uid === NO_ID || stat.gid === NO_ID ? undefined : stat
  }

  /** An ACL whose ids cannot be mapped, or that no kernel would take. */
  private refusalOfAcls({ acl, attributes }: Observation): Refusal | undefined {
    // What an interrupted run has mapped it has looked at.
    if (this.settings.isBack || !this.movesAcls(attributes)) return undefined
    for (const name of ACL_NAMES) {
      const value = acl(name)
      if (value === undefined) continue
      const mapped = unlessOverflow(() => translateAcl(value, this.ids))
      if (mapped === 'overflow') return refuse('no range of --map-uid or --map-gid has an id in its ACL')
      if (mapped === undefined) return refuse('its ACL is none')
    }
    return undefined
  }

  private isReplaced({ host }: Observation, { mode }: GuestStat): boolean {
    if (this.settings.isCopy) return false
    if (this.to === 'inode') return this.from !== 'inode' && typeOf(host.mode) !== typeOf(mode)
    return this.from === 'inode' && !isPlainType(host.mode)
  }

  /** What the guest claims is not believed without a flag. */
  private gate({ host }: Observation, { mode }: GuestStat, { rdev }: TargetStat): Refusal | undefined {
    const { gate, isCopy } = this.settings
    if (isSetid(mode) && !gate.allowsSetid) {
      return refuse(`it is set-${(mode & S_ISUID) === 0 ? 'group' : 'user'}-id (--allow-setid makes it real)`)
    }
    // What is a device on the host is nobody's claim, unless it is made anew.
    if (!isDevice(mode) || (!isCopy && typeOf(host.mode) === typeOf(mode))) return undefined
    const number = `${rdev.major}:${rdev.minor}`
    if (!gate.allowsDevices) {
      const type = typeOf(mode) === S_IFCHR ? 'character' : 'block'
      return refuse(`it is a ${type} device ${number} (--allow-devices makes it real)`)
    }
    if (rdev.major > 0xfff || rdev.minor > 0xf_ffff) return refuse(`Linux has no device ${number}`)
    return undefined
  }

  /** What takes a privilege that the caller has not. */
  private forbidden({ host }: Observation, stat: TargetStat, isNew: boolean): Refusal | undefined {
    const { credentials } = this.settings
    const isReal = this.to === 'inode'
    const owner: HostOwner = isNew ? credentials : host
    const wanted: HostOwner = isReal ? stat : this.clothes.of(host, false)
    if (!mayChange(credentials, owner)) return refuse(`it belongs to user ${owner.uid} of the host`, true)
    if (isReal && isNew && isDevice(stat.mode) && !mayMakeDevices(credentials)) {
      return refuse('making a device takes CAP_MKNOD', true)
    }
    if (mayGive(credentials, owner, wanted)) return undefined
    return refuse(`giving it to ${wanted.uid}:${wanted.gid} takes CAP_CHOWN`, true)
  }

  private lostOf(observation: Observation, { mode, rdev }: GuestStat, isReplaced: boolean): readonly string[] {
    const { attributes } = observation
    const lost: string[] = []
    if (this.to === 'sidecar' && isDevice(mode) && packDevice(rdev) > 0xffff_ffffn) {
      lost.push(`device number ${rdev.major}:${rdev.minor}, of which mapped-file keeps 32 bits`)
    }
    lost.push(...this.lostAcls(attributes))
    if (this.contradictsItself(observation, mode)) lost.push('what its ACL says otherwise than its mode')
    if (isReplaced) {
      const others = attributes.filter((name) => !name.startsWith(OWN_PREFIX) && name.startsWith('user.'))
      if (others.length > 0)
        lost.push(`attributes ${others.map(printable).join(', ')}, which only files and directories can have`)
    }
    if (attributes.includes('security.capability') && !this.settings.isCopy && this.changesOwner(observation)) {
      lost.push('file capabilities, which Linux takes from a file that changes hands')
    }
    if (this.settings.isCopy && attributes.includes('security.capability')) lost.push('file capabilities')
    return lost
  }

  /** What only a mapped model can store. */
  private contradictsItself({ attributes, acl, host }: Observation, mode: number): boolean {
    if (this.to !== 'inode' || this.from === 'inode' || !isPlainType(host.mode)) return false
    const value = attributes.includes(aclNameIn(this.from, ACCESS_ACL)) ? acl(ACCESS_ACL) : undefined
    return value !== undefined && !aclWithMode(value, mode).equals(value)
  }

  private lostAcls(attributes: readonly string[]): readonly string[] {
    const { from, to } = this.settings
    const isHidden = to === 'none' && from !== 'none'
    return isHidden && attributes.some((name) => ACL_NAMES.has(guestAclName(name))) ? [HIDDEN_ACL] : NOTHING_LOST
  }

  private changesOwner({ host }: Observation): boolean {
    const { uid, gid } = this.clothes.of(host, false)
    return this.to === 'inode' || host.uid !== uid || host.gid !== gid
  }

  private changesOf({ host, attributes }: Observation, guest: GuestStat, stat: TargetStat): readonly ChangeKind[] {
    const changes: ChangeKind[] = []
    const isStored = this.to !== 'inode'
    const { isCopy } = this.settings
    if (isCopy) changes.push('copy')
    if (isStored || host.uid !== stat.uid || host.gid !== stat.gid) changes.push('owner')
    const hasMode = isStored || typeOf(stat.mode) !== S_IFLNK
    if (hasMode && (isStored || permissionsOf(host.mode) !== permissionsOf(stat.mode))) changes.push('mode')
    const isOtherType = isStored
      ? this.from === 'inode' && !isPlainType(guest.mode)
      : typeOf(host.mode) !== typeOf(guest.mode)
    const kind = KIND_OF_TYPE[typeOf(guest.mode)]
    if (isOtherType && kind !== undefined) changes.push(kind)
    if (this.movesAcls(attributes)) changes.push('acl')
    if (host.nlink > 1 && !isDirectory(host.mode)) changes.push('hard-link')
    return changes
  }

  private movesAcls(attributes: readonly string[]): boolean {
    return this.movedAcls.some((name) => attributes.includes(name))
  }
}

/** 'overflow' where no range has an id. */
function unlessOverflow<T>(translate: () => T): T | 'overflow' {
  try {
    return translate()
  } catch (cause) {
    if (isErrno(cause, 'EOVERFLOW')) return 'overflow'
    throw cause
  }
}

const NOTHING_LOST: readonly string[] = []
const HIDDEN_ACL = 'ACL, which none shows to no guest'

const guestAclName = (name: string): string => (name.startsWith(OWN_PREFIX) ? name.slice(OWN_PREFIX.length) : name)
const ASIDE_NAMES: ReadonlySet<string> = new Set([...ACL_NAMES].map(asideName))
