// Carries a plan out in a new tree and leaves the old one alone. What is there has been copied: a run that goes on passes it
// over.

import { ErrnoError, isErrno } from '../errors.js'
import { type HostDirectory, type NameOrSelf, SELF } from '../host/host-directory.js'
import { descriptorOf } from '../host/linux-host.js'
import { surroundingsIn } from '../ownership/surroundings.js'
import type { ThreadPool } from '../pool/thread-pool.js'
import { mkdirat } from '../sys/directory.js'
import type { Fd } from '../sys/fd.js'
import { openDirectory, reopenPath } from '../sys/open.js'
import { statx } from '../sys/stat.js'
import { beginWorkshop, endWorkshop, type Workshop } from './converting-mark.js'
import { dropAcls } from './acls.js'
import { Breath } from './breath.js'
import { Course } from './course.js'
import { workOff } from './crew.js'
import { restoreTimes } from './directory-converter.js'
import { DirectoryTable, type Place, ROOT } from './directory-table.js'
import { EntryCopier } from './entry-copier.js'
import { type Journal, type JournalHeader, writeJournal } from './journal.js'
import type { ConversionObserver, Outcome } from './plan.js'
import { portionsOf } from './portions.js'
import type { Scan } from './scan.js'
import type { ConversionSettings } from './settings.js'
import { emptyStaging, Staging } from './staging.js'
import { Tally } from './tally.js'
import { TreePlaces } from './tree-places.js'

export interface CopyTask {
  readonly root: HostDirectory
  readonly destination: HostDirectory
  readonly scan: Scan
  readonly settings: ConversionSettings
  readonly header: JournalHeader
  /** That of an interrupted run. */
  readonly journal: Journal | undefined
  readonly pool: ThreadPool
  readonly observer: ConversionObserver
  /** Called when everything is copied, while the new tree is still marked. */
  readonly copied: (workshop: Workshop) => Promise<void>
}

export async function copyTree(task: CopyTask): Promise<Outcome> {
  const { destination, scan, observer } = task
  const course = new Course(observer, scan.changed)
  const times = scan.directories.timesOf(ROOT)
  try {
    {
      using workshop = beginWorkshop(descriptorOf(destination), times, task.header)
      await new Copy(task, workshop, course).carryOut()
    }
    const isFinished = course.interruption === undefined && !course.hasFailed
    if (isFinished) endWorkshop(descriptorOf(destination), times)
    return course.outcome({ isFinished, unchanged: scan.unchanged })
  } catch (cause) {
    if (!(cause instanceof ErrnoError)) throw cause
    course.end(cause)
    return course.outcome({ isFinished: false, unchanged: scan.unchanged })
  }
}

class Copy {
  private readonly copier: EntryCopier
  /** The new tree's, each in the place of its original. */
  private readonly destinations: DirectoryTable

  constructor(
    private readonly task: CopyTask,
    private readonly workshop: Workshop,
    private readonly course: Course,
  ) {
    this.copier = new EntryCopier(task.settings, new Staging(workshop.staging, 'alone'))
    this.destinations = new DirectoryTable(statx(descriptorOf(task.destination)))
  }

  async carryOut(): Promise<void> {
    const { scan, journal, header, destination } = this.task
    dropAcls(descriptorOf(destination))
    emptyStaging(this.workshop.staging)
    if (journal === undefined) {
      writeJournal(this.workshop.directory, { header, directories: [], symlinks: [], left: [], looks: [] })
    }
    await this.makeDirectories()
    if (this.course.interruption === undefined) await this.copyEntries(scan.work)
    if (this.course.interruption === undefined) await this.copyLinks()
    if (this.course.interruption === undefined) await this.finishDirectories()
    if (this.course.interruption === undefined) await this.task.copied(this.workshop)
  }

  /** From the top down. They are nobody else's until everything is in them. */
  private async makeDirectories(): Promise<void> {
    const { directories } = this.task.scan
    using places = new TreePlaces(this.task.destination, this.destinations)
    const breath = new Breath()
    for (let place = ROOT + 1; place < directories.size; place += 1) {
      const name = directories.nameOf(place)
      const parent = directories.parentOf(place)
      const above = descriptorOf(places.open(parent))
      makeIfMissing(above, name)
      using directory = openDirectory(above, name)
      const met = { parent: this.destinations.identityOf(parent), name, isChanged: true, ...statx(directory) }
      this.destinations.add(met)
      await breath.take()
      if (this.course.interruption !== undefined) return
    }
  }

  private copyEntries(work: Scan['work']): Promise<void> {
    const { root, destination, settings, pool, scan } = this.task
    const portions = portionsOf(work, scan.directories, this.destinations)
    const { staging } = this.workshop
    return workOff('copy', portions, { root, destination, staging, settings, pool }, this.course.add)
  }

  /** The first name's copy gets the other names, too. */
  private async copyLinks(): Promise<void> {
    const { root, destination, scan, settings } = this.task
    using sources = new TreePlaces(root, scan.directories)
    using targets = new TreePlaces(destination, this.destinations)
    const breath = new Breath()
    for (const { names } of scan.links) {
      const [first, ...others] = names
      const tally = new Tally(settings.isLogged)
      const path = (): string => sources.pathOf(first!.place, first!.name)
      tally.attempt(path, () => {
        const source = sources.open(first!.place)
        using surroundings = surroundingsIn(source)
        const considered = this.copier.consideration.at(source, first!.name, surroundings)
        if (considered === undefined) return
        using directory = reopenPath(descriptorOf(targets.open(first!.place)))
        this.copier.copy(source, first!.name, considered, directory)
        for (const { place, name } of others) {
          this.copier.link({ directory, name: first!.name }, descriptorOf(targets.open(place)), name)
        }
        const { decision } = considered
        if (decision.kind === 'change')
          for (const { place, name } of names) tally.count(() => sources.pathOf(place, name), decision)
      })
      tally.done += others.length
      if (!this.course.add(tally.outcome)) return
      await breath.take()
    }
  }

  /** Deepest first: what is made in a directory changes its times. */
  private async finishDirectories(): Promise<void> {
    const { root, destination, scan, settings } = this.task
    using sources = new TreePlaces(root, scan.directories)
    using targets = new TreePlaces(destination, this.destinations)
    const breath = new Breath()
    for (let place = scan.directories.size - 1; place >= ROOT; place -= 1) {
      const tally = new Tally(settings.isLogged)
      if (place === ROOT) this.finishDirectory(root, SELF, destination, ROOT, tally)
      else {
        const parent = scan.directories.parentOf(place)
        this.finishDirectory(sources.open(parent), scan.directories.nameOf(place), targets.open(parent), place, tally)
      }
      if (!this.course.add(tally.outcome)) return
      await breath.take()
    }
  }

  private finishDirectory(
    source: HostDirectory,
    name: NameOrSelf,
    target: HostDirectory,
    place: Place,
    tally: Tally,
  ): void {
    const { directories } = this.task.scan
    const path = (): string => directories.pathOf(place) || '.'
    tally.attempt(path, () => {
      using surroundings = surroundingsIn(source)
      const considered = this.copier.consideration.at(source, name, surroundings)
      if (considered === undefined) return
      const directory = descriptorOf(target)
      using made = name === SELF ? undefined : openDirectory(directory, name)
      const handle: Fd = made ?? directory
      this.copier.finish(source, name, considered, { directory, name, handle, file: handle, host: statx(handle) })
      restoreTimes(handle, directories.timesOf(place))
      // One that was not asked for is there for what is in it.
      const isWanted = name === SELF ? this.task.scan.isRootChanged : directories.isChanged(place)
      if (isWanted && considered.decision.kind === 'change') tally.count(path, considered.decision)
    })
  }
}

function makeIfMissing(directory: Fd, name: Parameters<typeof mkdirat>[1]): void {
  try {
    mkdirat(directory, name, 0o700)
  } catch (cause) {
    if (!isErrno(cause, 'EEXIST')) throw cause
  }
}
