// A bounded look at a tree: what is stored for a few hundred of its objects, which are spread over wide directories and
// go down into deep ones. It takes as long in a tree of a million objects as in one of a thousand.

import { ErrnoError } from '../errors.js'
import { type Host, type HostDirectory, type NameOrSelf, type PreparedName, SELF } from '../host/host-directory.js'
import { listedNames } from '../host/listed-names.js'
import type { Name } from '../name.js'
import { S_IFDIR, S_IFMT, S_IFREG } from '../sys/constants.js'
import type { HostStat } from '../sys/stat.js'
import { canHoldAttributes, listedAttributes } from './listed-attributes.js'
import { OWNERSHIP_KEYS } from './ownership.js'
import { isByteReversed } from './problems-of-object.js'
import { METADATA_DIRECTORY, ROOT_RECORD } from './reserved-names.js'
import { type Surroundings, surroundingsIn } from './surroundings.js'
import { ATTRIBUTE_OF, decodeMode, MACOS_WIDTH, WIDTH } from './xattr-codec.js'

/** What was found: numbers of objects, where nothing else is said. */
export interface Survey {
  /** Looked at, the root among them. */
  readonly objects: number
  /** There are no others. */
  readonly isWhole: boolean
  /** Any of the four attributes, be it of a wrong width; a record, whatever it says; and both at once. */
  readonly withAttributes: number
  readonly withRecord: number
  readonly withBoth: number
  /** Something is stored for the root. */
  readonly isRootStored: boolean
  /** Directories that hold a metadata directory. */
  readonly metadataDirectories: number
  /** A mode of 2 bytes, or a device number of 4. */
  readonly withMacosWidth: number
  /** A mode whose bytes are reversed. */
  readonly withReversedMode: number
  /** Users of the host that the objects belong to, and those that the ones with something stored do. */
  readonly hostUsers: number
  readonly hostUsersOfStored: number
  /** What the object that was made last has, of those with one kind; undefined where none can be told to be the last. */
  readonly newest: 'attributes' | 'record' | undefined
}

/** How far the look goes. */
export interface Bounds {
  /** Objects in all. */
  readonly objects: number
  /** Directories that are listed, and kept open meanwhile. */
  readonly directories: number
  /** Names of one directory that are read. */
  readonly names: number
  /** Objects of one directory that are looked at before it is the others' turn. */
  readonly share: number
}
const BOUNDS: Bounds = { objects: 300, directories: 40, names: 1000, share: 12 }

/**
 * Looks at the export's root and at what is below it: first along `way`, the names that somebody is about to go by, and
 * at what lies beside it. What cannot be looked at is passed over.
 */
export function surveyOf(host: Host, root: HostDirectory, way: readonly string[] = [], bounds = BOUNDS): Survey {
  using surveyor = new Surveyor(host, bounds)
  return surveyor.survey(root, way)
}

/** A directory that was met. */
interface Met {
  readonly parent: HostDirectory
  readonly name: Name
  /** Where the way goes on in it. */
  readonly way: readonly string[]
}

/** A directory that is being looked into. */
interface Entered {
  readonly directory: HostDirectory
  readonly surroundings: Surroundings | undefined
  readonly way: readonly string[]
  /** The names that are left, in the order in which they are to be looked at. */
  readonly names: Name[]
}

class Surveyor implements Disposable {
  private readonly tally = {
    objects: 0,
    withAttributes: 0,
    withRecord: 0,
    withBoth: 0,
    isRootStored: false,
    metadataDirectories: 0,
    withMacosWidth: 0,
    withReversedMode: 0,
  }
  private readonly hostUsers = new Set<number>()
  private readonly hostUsersOfStored = new Set<number>()
  private readonly newest = new Newest()
  /** Something is known to be left out. */
  private isCut = false
  private readonly met: Met[] = []
  private readonly unfinished: Entered[] = []
  private directories = 0
  private readonly opened: Disposable[] = []
  private readonly mode: PreparedName
  private readonly rdev: PreparedName

  constructor(
    private readonly host: Host,
    private readonly bounds: Bounds,
  ) {
    this.mode = host.attributeName(ATTRIBUTE_OF.mode)
    this.rdev = host.attributeName(ATTRIBUTE_OF.rdev)
  }

  survey(root: HostDirectory, way: readonly string[]): Survey {
    const host = this.attempt(() => root.stat(SELF))
    if (host !== undefined) this.note(root, SELF, host, this.isRegular(root, ROOT_RECORD))
    const { tally } = this
    tally.isRootStored = tally.withAttributes > 0 || tally.withRecord > 0
    this.enter(root, way)
    this.lookAround()
    return {
      ...tally,
      isWhole: !this.isCut && this.met.length === 0 && this.unfinished.length === 0,
      hostUsers: this.hostUsers.size,
      hostUsersOfStored: this.hostUsersOfStored.size,
      newest: this.newest.kind,
    }
  }

  [Symbol.dispose](): void {
    for (const each of this.opened) each[Symbol.dispose]()
  }

  /** In turn the directory that was met first and the one that was met last, so that it gets wide as well as deep. */
  private lookAround(): void {
    for (let turn = 0; this.tally.objects < this.bounds.objects; turn++) {
      const isRoomLeft = this.directories < this.bounds.directories
      const next = !isRoomLeft ? undefined : turn % 2 === 0 ? this.met.shift() : this.met.pop()
      if (next !== undefined) {
        this.open(next)
        continue
      }
      const unfinished = this.unfinished.shift()
      if (unfinished === undefined) return
      this.look(unfinished, this.bounds.share)
    }
  }

  private open({ parent, name, way }: Met): void {
    const directory = this.attempt(() => parent.openDirectory(name))
    if (directory === undefined) return
    this.opened.push(directory)
    this.enter(directory, way)
  }

  private enter(directory: HostDirectory, way: readonly string[]): void {
    this.directories++
    const surroundings = this.attempt(() => surroundingsIn(directory))
    if (surroundings !== undefined) this.opened.push(surroundings)
    if (surroundings?.records !== undefined) this.tally.metadataDirectories++
    // On the way nothing beside it comes before its end.
    const count = way.length > 0 ? 1 : this.bounds.share
    this.look({ directory, surroundings, way, names: this.namesIn(directory, way[0]) }, count)
  }

  /** A directory's names: `first`, if there is one, and the others so that any beginning is spread over all of them. */
  private namesIn(directory: HostDirectory, first: string | undefined): Name[] {
    const names = this.attempt(() => this.listed(directory)) ?? []
    const others = spread(names, this.bounds.share).filter((name) => name !== first)
    return first !== undefined && isName(first) ? [first, ...others] : others
  }

  private listed(directory: HostDirectory): Name[] {
    const names: Name[] = []
    for (const name of listedNames(directory)) {
      if (name === METADATA_DIRECTORY || name === ROOT_RECORD) continue
      if (names.length === this.bounds.names) {
        this.isCut = true
        break
      }
      names.push(name)
    }
    return names
  }

  private look(entered: Entered, count: number): void {
    const { directory, surroundings, way, names } = entered
    for (const name of names.splice(0, count)) {
      if (this.tally.objects >= this.bounds.objects) {
        this.isCut = true
        return
      }
      const host = this.attempt(() => directory.stat(name))
      if (host === undefined) continue
      const { records } = surroundings ?? {}
      this.note(directory, name, host, records !== undefined && this.isRegular(records, name))
      if ((host.mode & S_IFMT) !== S_IFDIR) continue
      if (name === way[0]) this.met.unshift({ parent: directory, name, way: way.slice(1) })
      else this.met.push({ parent: directory, name, way: [] })
    }
    if (names.length > 0) this.unfinished.push(entered)
  }

  private note(directory: HostDirectory, name: NameOrSelf, host: HostStat, hasRecord: boolean): void {
    const { tally } = this
    const hasAttributes = canHoldAttributes(host) && this.noteAttributes(directory, name)
    tally.objects++
    if (hasAttributes) tally.withAttributes++
    if (hasRecord) tally.withRecord++
    if (hasAttributes && hasRecord) tally.withBoth++
    this.hostUsers.add(host.uid)
    if (hasAttributes || hasRecord) this.hostUsersOfStored.add(host.uid)
    if (hasAttributes !== hasRecord) this.newest.note(host, hasRecord ? 'record' : 'attributes')
  }

  /** True where any of the four is there. Only the widths and modes that tell of another host are looked at. */
  private noteAttributes(directory: HostDirectory, name: NameOrSelf): boolean {
    const listed = this.attempt(() => listedAttributes(directory, name))?.split('\0') ?? []
    const keys = OWNERSHIP_KEYS.filter((key) => listed.includes(ATTRIBUTE_OF[key]))
    if (keys.length === 0) return false
    // The mode comes last: it is the value that is looked into.
    const rdevLength = keys.includes('rdev') ? directory.peekAttribute(name, this.rdev, WIDTH.rdev) : 0
    const modeLength = keys.includes('mode') ? directory.peekAttribute(name, this.mode, WIDTH.mode) : 0
    if (modeLength === MACOS_WIDTH.mode || rdevLength === MACOS_WIDTH.rdev) this.tally.withMacosWidth++
    if (isByteReversed(decodeMode(this.host.lastValue, modeLength) ?? 0)) this.tally.withReversedMode++
    return true
  }

  private isRegular(directory: HostDirectory, name: Name): boolean {
    return ((this.attempt(() => directory.stat(name))?.mode ?? 0) & S_IFMT) === S_IFREG
  }

  /** A sample does without what cannot be looked at, whyever that is: who looks at the object itself will be told. */
  private attempt<T>(action: () => T): T | undefined {
    try {
      return action()
    } catch (cause) {
      if (!(cause instanceof ErrnoError)) throw cause
      this.isCut = true
      return undefined
    }
  }
}

/** Finds the object that was made last, by its time of birth, which nothing that is done to it later moves. */
class Newest {
  kind: Survey['newest']
  private sec = 0
  private nsec = 0

  note({ btimeSec, btimeNsec }: HostStat, kind: 'attributes' | 'record'): void {
    const later = btimeSec - this.sec || btimeNsec - this.nsec
    if (later < 0) return
    this.kind = later > 0 || this.kind === kind ? kind : undefined
    this.sec = btimeSec
    this.nsec = btimeNsec
  }
}

/** The same items, the first `share` of which are as far apart as they can be, and so on. */
function spread<T>(items: readonly T[], share: number): T[] {
  const stride = Math.ceil(items.length / share)
  return Array.from({ length: stride }, (_, start) => items.filter((_, index) => index % stride === start)).flat()
}

const isName = (component: string): component is Name => component !== '.' && component !== '..' && component !== ''
