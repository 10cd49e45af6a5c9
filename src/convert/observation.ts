// What there is to know of an object before it is converted: what the source stores of it, and how far it is in the
// target's form already.

import type { Host } from '../host/host-directory.js'
import { listedAttributes } from '../ownership/listed-attributes.js'
import { type PassedObject, recordOf } from '../ownership/evidence.js'
import type { Examined } from '../ownership/examined.js'
import { NO_OWNERSHIP, type Ownership } from '../ownership/ownership.js'
import { type PassingReader, readerOf } from '../ownership/passing-reader.js'
import { ownershipIn, type Problem } from '../ownership/problems.js'
import { UNREADABLE } from '../ownership/problems-of-attributes.js'
import type { StoredForm } from '../ownership/store.js'
import { ATTRIBUTE_OF } from '../ownership/xattr-codec.js'
import { S_IFLNK } from '../sys/constants.js'
import type { HostStat } from '../sys/stat.js'
import { aclNameIn, asideName } from './acl-names.js'
import { typeOf } from './mode.js'
import { type ConversionSettings, formsOf } from './settings.js'

export interface Observation {
  readonly host: HostStat
  /** What the source's model stores; nothing for passthrough and none. */
  readonly ownership: Ownership
  readonly problems: readonly Problem[]
  /** The names of all its attributes. */
  readonly attributes: readonly string[]
  /** The target's form has its owner, group and mode. */
  readonly isStored: boolean
  /** The ACL that a guest calls `acl`, as the source has it; undefined where there is none. */
  readonly acl: (acl: string) => Buffer | undefined
}

/** Uid, gid and mode: with them nothing of the host's inode shows through. */
export const isWhole = ({ uid, gid, mode }: Ownership): boolean =>
  uid !== undefined && gid !== undefined && mode !== undefined

/** Looks at objects of a tree that is to be converted. */
export class Observer {
  private readonly reader: PassingReader
  private readonly from: StoredForm
  private readonly to: StoredForm

  constructor(host: Host, settings: ConversionSettings) {
    const forms = formsOf(settings)
    this.from = forms.from
    this.to = forms.to
    this.reader = readerOf(this.from, host)
  }

  observe(object: PassedObject): Observation {
    const { host } = object
    const examined: Examined =
      this.from === 'inode' ? { ownership: NO_OWNERSHIP, problems: [] } : this.reader.examine(object)
    const listed = attributesOf(object, examined)
    const attributes = listed ?? []
    const isUnreadable = listed === undefined && !examined.problems.some(({ code }) => code === UNREADABLE.code)
    return {
      host,
      ownership: examined.ownership,
      problems: isUnreadable ? [...examined.problems, UNREADABLE] : examined.problems,
      attributes,
      isStored: this.isStored(object, attributes),
      acl: (acl) => this.aclOf(object, acl, attributes),
    }
  }

  /** What an interrupted run has laid aside is what counts. */
  private aclOf({ directory, name }: PassedObject, acl: string, attributes: readonly string[]): Buffer | undefined {
    // The target of an ACL under another name may be called as what is laid aside of one under the same.
    const mayBeAside = this.from !== 'xattr' && this.to !== 'xattr'
    const names = [...(mayBeAside ? [asideName(acl)] : []), aclNameIn(this.from, acl)]
    const found = names.find((each) => attributes.includes(each))
    return found === undefined ? undefined : directory.attribute(name, found)
  }

  private isStored(object: PassedObject, attributes: readonly string[]): boolean {
    if (this.to === 'xattr') return OWNER_ATTRIBUTES.every((name) => attributes.includes(name))
    if (this.to !== 'sidecar') return false
    return isWhole(ownershipIn({ attributes: new Map(), ...recordOf(object) }, 'sidecar'))
  }
}

const OWNER_ATTRIBUTES = [ATTRIBUTE_OF.uid, ATTRIBUTE_OF.gid, ATTRIBUTE_OF.mode]

/** Special files can have ACLs. Undefined where they may not be read. */
function attributesOf(
  { directory, name, host }: PassedObject,
  { attributeNames }: Examined,
): readonly string[] | undefined {
  if (typeOf(host.mode) === S_IFLNK) return []
  const list = attributeNames ?? listedAttributes(directory, name)
  return list === undefined ? undefined : split(list)
}

/** Nearly all objects of a tree have one of a few lists. */
const SPLIT_MAX = 64
const splitLists = new Map<string, readonly string[]>()

function split(list: string): readonly string[] {
  const known = splitLists.get(list)
  if (known !== undefined) return known
  const names = list.split('\0').slice(0, -1)
  if (splitLists.size < SPLIT_MAX) splitLists.set(list, names)
  return names
}
