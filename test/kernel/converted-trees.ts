// The tree that a guest made, taken by the built program through one security model after the other, and shown to guests of
// QEMU where its way ends.

import { mkdirSync, mkdtempSync, renameSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HostEntry } from '../../fixtures/manifest.js'
import { recordTree } from '../../fixtures/record-tree.js'
import { removeTree } from '../../fixtures/remove-tree.js'
import { restoreEntries } from '../../fixtures/restore.js'
import { type Outcome, virtfs } from '../commands/run.js'
import { Guest } from '../support/guest/guest.js'
import type { HostUser, VirtfsExport } from '../support/guest/qemu.js'
import { directoryOfUnprivileged, unprivileged } from '../support/guest/unprivileged.js'
import { makeConvertibleTree, type Seen, seeTree, workInTree } from './convertible-tree.js'
import { accessTimes, type HostLook, lookOnHost } from './host-look.js'

type Model = 'passthrough' | 'mapped-xattr' | 'mapped-file'

/** The way of a tree from the mapped-xattr in which its guest made it. */
export interface Course {
  readonly tag: string
  readonly through: readonly Model[]
}

/** The tree that the guest made is converted itself; the other ways begin with copies of it. */
export const there: Course = { tag: 'there', through: ['passthrough'] }
export const back: Course = { tag: 'back', through: ['passthrough', 'mapped-xattr'] }
export const on: Course = { tag: 'on', through: [...back.through, 'mapped-file'] }
export const onThere: Course = { tag: 'on-there', through: [...on.through, 'passthrough'] }
export const onBack: Course = { tag: 'on-back', through: [...on.through, 'mapped-xattr'] }
/** A new tree, of which the one that the guest made is the source. */
export const built: Course = { tag: 'built', through: ['passthrough'] }
const copied: readonly Course[] = [back, on, onThere, onBack]
export const courses: readonly Course[] = [built, there, ...copied]

/** The model in which a course ends. */
export const modelOf = ({ through }: Course): Model => through.at(-1) ?? 'mapped-xattr'

export const isReal = (course: Course): boolean => modelOf(course) === 'passthrough'

/** Runs `virtfs convert`; a mapped model is for a QEMU without privilege. */
function convert(tree: string, to: Model, ...flags: readonly string[]): Outcome {
  const owner = `${unprivileged.uid}:${unprivileged.gid}`
  const forModel = to === 'passthrough' ? ['--allow-setid', '--allow-devices'] : ['--owner', owner]
  return virtfs(['convert', tree, '--to', to, ...forModel, ...flags, '--verify', '--yes', '--json'])
}

/** Where trees lie. Dispose removes them. */
class Places implements Disposable {
  // Set-user-id files and devices become real: where nobody but root can go.
  private readonly ofRoot = mkdtempSync(join(tmpdir(), 'virtfs-converted-'))
  private readonly ofEverybody = directoryOfUnprivileged()
  /** Where the guest makes its tree. */
  readonly made = join(this.ofEverybody.path, 'made')
  /** For trees that are real only in between. */
  readonly workshop = join(this.ofRoot, 'workshop')

  /** Where a tree is at the end of its course. */
  of(course: Course): string {
    return join(isReal(course) ? this.ofRoot : this.ofEverybody.path, course.tag)
  }

  [Symbol.dispose](): void {
    this.ofEverybody[Symbol.dispose]()
    removeTree(this.ofRoot)
  }
}

export class ConvertedTrees implements AsyncDisposable {
  /** What each run of the program printed. */
  readonly outcomes = new Map<Course, readonly Outcome[]>()
  /** What lies on the host at the end of each course. */
  readonly onHost = new Map<Course, HostLook>()
  /** What lay on the host when the guest had made the tree. */
  readonly madeOnHost: HostLook
  /** The tree of mapped-xattr on the host: as QEMU left it, when another had been built from it, and come back. */
  readonly recorded: Readonly<Record<'before' | 'afterBuilding' | 'back', readonly HostEntry[]>>
  /** When the objects of the tree that the guest made were read last, before it was converted in place and after it. */
  readonly accessed: Readonly<Record<'before' | 'after', Readonly<Record<string, string>>>>
  private readonly guests = new Map<Course, Guest>()
  private readonly seen = new Map<Course, Promise<Seen>>()

  /** Has a guest make the tree, and takes it all ways. The guests to whom it is shown then are at work when this returns. */
  static async make(): Promise<ConvertedTrees> {
    const places = new Places()
    try {
      const trees = new ConvertedTrees(places, await makeConvertibleTree(places.made))
      const mapped = courses.filter((course) => !isReal(course))
      await Promise.all([trees.showTo({}, courses.filter(isReal)), trees.showTo(unprivileged, mapped)])
      return trees
    } catch (cause) {
      places[Symbol.dispose]()
      throw cause
    }
  }

  /** Converts everything. QEMU is gone: what another process has open is not converted. `made` is what its guest saw. */
  private constructor(
    private readonly places: Places,
    readonly made: Seen,
  ) {
    const original = places.of(there)
    renameSync(places.made, original)
    const before = recordTree(original)
    mkdirSync(places.workshop)
    for (const { tag } of copied) restoreEntries(before, join(places.workshop, tag))

    this.madeOnHost = lookOnHost(original)
    this.outcomes.set(built, [convert(original, 'passthrough', '--output', places.of(built))])
    const afterBuilding = recordTree(original)

    const accessed = accessTimes(original)
    this.outcomes.set(there, [convert(original, 'passthrough')])
    this.accessed = { before: accessed, after: accessTimes(original) }

    for (const course of copied) {
      const tree = join(places.workshop, course.tag)
      const outcomes = course.through.map((model) => convert(tree, model))
      this.outcomes.set(course, outcomes)
      renameSync(tree, places.of(course))
    }
    this.recorded = { before, afterBuilding, back: recordTree(places.of(back)) }
    for (const course of courses) this.onHost.set(course, lookOnHost(places.of(course)))
  }

  /** Where a tree is at the end of its course. */
  placeOf(course: Course): string {
    return this.places.of(course)
  }

  /** What a guest of QEMU sees of the tree at the end of its course. */
  async seenOf(course: Course): Promise<Seen> {
    const seen = await this.seen.get(course)
    if (seen === undefined) throw new Error(`Cannot say what is seen of "${course.tag}": nobody looks at it`)
    return seen
  }

  /** Has that guest go on in the tree, and remove everything that is in it. */
  async workIn(course: Course): Promise<void> {
    const guest = this.guests.get(course)
    if (guest === undefined) throw new Error(`Cannot work in "${course.tag}": it has no guest`)
    await workInTree(guest, course.tag)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...new Set(this.guests.values())].map((guest) => guest.shutdown()))
    this.places[Symbol.dispose]()
  }

  /** Boots a guest, which looks at one tree after the other from then on. */
  private async showTo(user: HostUser, some: readonly Course[]): Promise<void> {
    const virtfs = some.map((course): VirtfsExport => ({
      path: this.places.of(course),
      securityModel: modelOf(course),
      tag: course.tag,
    }))
    const guest = await Guest.boot({ virtfs, network: false, user })
    for (const course of some) {
      this.guests.set(course, guest)
      const seen = seeTree(guest, course.tag)
      // The test that waits for it is told; until one does, a failure is not to end the process.
      seen.catch(() => undefined)
      this.seen.set(course, seen)
    }
  }
}
