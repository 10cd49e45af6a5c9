// Carries a plan out in the tree itself. Each phase can be begun again from its start: what it has done already is told from
// the tree, or from what was written down before.

import { ErrnoError } from '../errors.js'
import { type HostDirectory, SELF } from '../host/host-directory.js'
import { descriptorOf } from '../host/linux-host.js'
import { surroundingsIn } from '../ownership/surroundings.js'
import type { ThreadPool } from '../pool/thread-pool.js'
import { openDirectory } from '../sys/open.js'
import { statx } from '../sys/stat.js'
import { beginWorkshop, endWorkshop, isCompleted, markCompleted, rootTimes, type Workshop } from './converting-mark.js'
import { workOff } from './crew.js'
import { DirectoryConverter, restoreTimes } from './directory-converter.js'
import { type DirectoryTable, type Place, ROOT } from './directory-table.js'
import { EntryConverter } from './entry-converter.js'
import { type Journal, type JournalHeader, type ObjectTimes, writeJournal } from './journal.js'
import { LinkConverter } from './link-converter.js'
import { Breath } from './breath.js'
import { Course } from './course.js'
import type { ConversionObserver, Outcome } from './plan.js'
import { portionsOf } from './portions.js'
import type { Scan } from './scan.js'
import type { ConversionSettings } from './settings.js'
import { emptyStaging, Staging } from './staging.js'
import { Tally } from './tally.js'
import { TreePlaces } from './tree-places.js'

export interface InPlaceTask {
  readonly root: HostDirectory
  readonly scan: Scan
  readonly settings: ConversionSettings
  readonly header: JournalHeader
  /** That of an interrupted run. */
  readonly journal: Journal | undefined
  readonly pool: ThreadPool
  readonly observer: ConversionObserver
  /** Called when all is written down, and before anything is changed. */
  readonly begun: (workshop: Workshop) => Promise<void>
}

export async function convertInPlace(task: InPlaceTask): Promise<Outcome> {
  const { root, scan, observer } = task
  const { directories, isRootChanged } = scan
  const total = scan.changed - directories.changes - (isRootChanged ? 1 : 0) + directories.size
  const course = new Course(observer, total)
  const times = rootTimes(descriptorOf(root))
  try {
    {
      using workshop = beginWorkshop(descriptorOf(root), times, task.header)
      await new Run(task, workshop, course).carryOut()
    }
    const isFinished = course.interruption === undefined && !course.hasFailed
    if (isFinished) endWorkshop(descriptorOf(root), times)
    return course.outcome({ isFinished, unchanged: scan.unchanged })
  } catch (cause) {
    // What concerns a single entry was noted: this concerns the conversion's own files.
    if (!(cause instanceof ErrnoError)) throw cause
    course.end(cause)
    return course.outcome({ isFinished: false, unchanged: scan.unchanged })
  }
}

class Run {
  private readonly staging: Staging
  private readonly converter: EntryConverter

  constructor(
    private readonly task: InPlaceTask,
    private readonly workshop: Workshop,
    private readonly course: Course,
  ) {
    this.staging = new Staging(workshop.staging, 'alone')
    this.converter = new EntryConverter(task.settings, this.staging)
  }

  async carryOut(): Promise<void> {
    this.writeDown()
    await this.task.begun(this.workshop)
    const { scan } = this.task
    if (!(await this.complete())) return
    await this.workOff('convert', scan.work)
    if (this.course.interruption === undefined) await this.convertLinks()
    if (this.course.interruption === undefined) await this.convertDirectories()
  }

  /** Afterwards everything is on the disk that cannot be told from the tree once it has been changed. */
  private writeDown(): void {
    const { journal, header, scan } = this.task
    emptyStaging(this.workshop.staging)
    if (journal !== undefined) takeTimes(scan.directories, journal.directories)
    if (journal?.header.isAbort === header.isAbort) return
    const remembered = journal ? { ...journal, symlinks: [...journal.symlinks, ...scan.symlinks] } : scan
    writeJournal(this.workshop.directory, { ...remembered, header, directories: timesIn(scan.directories) })
  }

  /** What is stored in part is stored whole, before anything that shows through is changed. False where that cannot be. */
  private async complete(): Promise<boolean> {
    const { scan, root, settings } = this.task
    if (!settings.isResumed && !isCompleted(this.workshop)) {
      await this.workOff('complete', scan.partial)
      this.completeRoot(root)
      if (this.course.interruption !== undefined || this.course.hasFailed) return false
    }
    markCompleted(this.workshop)
    return true
  }

  private completeRoot(root: HostDirectory): void {
    using surroundings = surroundingsIn(root)
    const considered = this.converter.consideration.at(root, SELF, surroundings)
    if (considered?.decision.kind !== 'change') return
    if (this.converter.consideration.decider.isPartial(considered.observation))
      this.converter.complete(root, SELF, considered)
  }

  private workOff(kind: 'complete' | 'convert', work: Scan['work']): Promise<void> {
    const { root, settings, pool, scan } = this.task
    const { staging } = this.workshop
    const told = kind === 'convert' ? this.course.add : this.course.addUncounted
    return workOff(kind, portionsOf(work, scan.directories), { root, staging, settings, pool }, told)
  }

  private async convertLinks(): Promise<void> {
    const { root, scan, settings } = this.task
    using places = new TreePlaces(root, scan.directories)
    const breath = new Breath()
    const converter = new LinkConverter(places, this.converter, this.staging, this.workshop.links)
    for (const { names } of scan.links) {
      const tally = new Tally(settings.isLogged)
      converter.convert(names, tally)
      if (!this.course.add(tally.outcome)) return
      await breath.take()
    }
  }

  /** Deepest first, so that a directory is changed only once nothing more is to be done in it. */
  private async convertDirectories(): Promise<void> {
    const { root, scan, settings } = this.task
    using places = new TreePlaces(root, scan.directories)
    const breath = new Breath()
    const converter = new DirectoryConverter(settings, this.converter)
    for (let place = scan.directories.size - 1; place >= ROOT; place -= 1) {
      const tally = new Tally(settings.isLogged)
      if (place === ROOT) this.convertRoot(converter, tally)
      else this.convertDirectory(places, converter, place, tally)
      if (!this.course.add(tally.outcome)) return
      await breath.take()
    }
  }

  private convertDirectory(places: TreePlaces, converter: DirectoryConverter, place: Place, tally: Tally): void {
    const { directories } = this.task.scan
    const name = directories.nameOf(place)
    const parent = directories.parentOf(place)
    const path = (): string => places.pathOf(parent, name)
    tally.attempt(path, () => {
      const above = places.open(parent)
      using directory = openDirectory(descriptorOf(above), name)
      if (statx(directory).ino !== directories.identityOf(place).ino)
        throw new ErrnoError('ESTALE', { op: 'find a directory' })
      converter.convert(above, name, directory, directories.isChanged(place), path(), tally)
      restoreTimes(directory, directories.timesOf(place))
    })
  }

  private convertRoot(converter: DirectoryConverter, tally: Tally): void {
    const { root, scan } = this.task
    tally.attempt(
      () => '.',
      () => converter.convert(root, SELF, descriptorOf(root), scan.isRootChanged, '.', tally),
    )
  }
}

function takeTimes(directories: DirectoryTable, remembered: Iterable<ObjectTimes>): void {
  const { dev } = directories.identityOf(ROOT)
  for (const times of remembered) {
    const place = directories.placeOf({ dev, ino: times.ino })
    if (place !== undefined) directories.setTimes(place, times)
  }
}

function* timesIn(directories: DirectoryTable): Generator<ObjectTimes> {
  for (let place = ROOT; place < directories.size; place += 1) {
    yield { ino: directories.identityOf(place).ino, ...directories.timesOf(place) }
  }
}
