// A walk as one thread does it: entry by entry, without recursion, until it has visited enough at once. What is left then
// is divided into stretches, which any thread can go on with.

import { ErrnoError } from '../errors.js'
import type { HostDirectory } from '../host/host-directory.js'
import type { Name } from '../name.js'
import type { HostStat } from '../sys/stat.js'
import { Frame } from './frame.js'
import { roomAt, type WalkLimits } from './limits.js'
import { type Answer, type Identity, type Rest, type Step, type Stretch, type Task, WHOLE } from './task.js'
import { Trail } from './trail.js'
import type { Visitor } from './visitor.js'

export class Walker<Result> implements Disposable {
  private readonly trail: Trail
  /** From the task's directory down to where the walk is: those of the trail's last levels. */
  private readonly frames: Frame[] = []
  /** Entries visited, and bytes given away, since the present tasks were begun. */
  private visited = 0
  private taken = 0
  private transfer: ArrayBuffer[] = []

  /** The start stays the caller's. */
  constructor(
    start: HostDirectory,
    private readonly visitor: Visitor<Result, unknown>,
    private readonly limits: WalkLimits,
  ) {
    this.trail = new Trail(start, limits.openDirectories, (level) => this.suspend(level))
  }

  /** Works on tasks until it has visited enough; answers for those that it came to, at least the first. */
  work(tasks: readonly Task[]): Answer<Result>[] {
    this.visited = 0
    this.taken = 0
    this.transfer = []
    const answers: Answer<Result>[] = []
    for (const task of tasks) {
      if (this.hasEnough()) break
      answers.push(this.answer(task))
    }
    return answers
  }

  /** What of the last answers moves from thread to thread. */
  takeTransfer(): ArrayBuffer[] {
    const { transfer } = this
    this.transfer = []
    return transfer
  }

  [Symbol.dispose](): void {
    // None, unless a defect has interrupted it.
    for (const frame of this.frames.splice(0).reverse()) this.leave(frame)
    this.trail[Symbol.dispose]()
  }

  private answer(task: Task): Answer<Result> {
    const before = this.visited
    this.begin(task)
    while (this.frames.length > 0 && !this.hasEnough()) this.advance(this.frames.at(-1)!)
    const steps = this.frames.slice(1).map((frame) => this.stepTo(frame))
    const rests = this.divide()
    const visited = this.visited - before
    const found = this.visitor.take()
    if (found === undefined) return { found, visited, steps, rests }
    const { result, bytes, transfer = [] } = found
    this.taken += bytes
    this.transfer.push(...transfer)
    return { found: { result, bytes }, visited, steps, rests }
  }

  private hasEnough(): boolean {
    const { entriesAtOnce, bytesAtOnce } = this.limits
    return this.visited >= entriesAtOnce || this.taken + this.visitor.held >= bytesAtOnce
  }

  private begin({ shared, names, identity, from, count }: Task): void {
    const { trail } = this
    try {
      trail.moveTo(shared, names, identity)
    } catch (cause) {
      this.fail(trail.path, cause)
      return
    }
    this.open(identity, { from, count })
  }

  /** Visits entries of the directory until one of them leads down, or it has no more. */
  private advance(frame: Frame): void {
    const directory = this.trail.at(frame.level)!
    try {
      for (let name = frame.next(directory); name !== undefined; name = frame.next(directory)) {
        const stat = this.visit(frame, directory, name)
        if (stat !== undefined) this.descend(frame, name, stat)
        if (stat !== undefined || this.hasEnough()) return
      }
    } catch (cause) {
      this.fail(frame.path, cause)
    }
    this.ascend()
  }

  private visit({ prefix, context }: Frame, directory: HostDirectory, name: Name): HostStat | undefined {
    const path = prefix + name
    this.visited += 1
    try {
      return this.visitor.visit(directory, name, path, context)
    } catch (cause) {
      this.fail(path, cause)
      return undefined
    }
  }

  private descend({ prefix }: Frame, name: Name, { dev, ino }: HostStat): void {
    const identity = { dev, ino }
    try {
      this.trail.descend(name, identity)
    } catch (cause) {
      this.fail(prefix + name, cause)
      return
    }
    this.open(identity, WHOLE)
  }

  /** Begins with the directory that the trail has come to. */
  private open(identity: Identity | undefined, stretch: Stretch): void {
    const { path, level } = this.trail
    const frame = new Frame({ path, level, identity, stretch, room: roomAt(level, this.limits), before: this.visited })
    this.frames.push(frame)
    if (!this.resume(frame)) this.ascend()
  }

  /** Leaves the directory, and those above it that have nothing more; goes on in the first that has. */
  private ascend(): void {
    this.leave(this.frames.pop()!)
    for (let above = this.frames.at(-1); above !== undefined; above = this.frames.at(-1)) {
      if (above.mayGoOn && this.resume(above)) return
      this.leave(this.frames.pop()!)
    }
  }

  /** Has the directory open and entered. */
  private resume(frame: Frame): boolean {
    try {
      this.trail.moveTo(frame.level, [], frame.identity)
      if (!frame.isEntered) frame.context = this.visitor.enter(this.trail.at(frame.level)!, frame.path)
      frame.isEntered = true
      return true
    } catch (cause) {
      this.fail(frame.path, cause)
      return false
    }
  }

  private leave(frame: Frame): void {
    if (frame.isEntered) this.visitor.leave(frame.context)
    frame.isEntered = false
  }

  /** A directory that is to be closed tells first whether it has more: mostly it has not, and need not be found again. */
  private suspend(level: number): void {
    const [bottom] = this.frames
    const frame = bottom && this.frames[level - bottom.level]
    if (frame === undefined) return
    try {
      frame.readAhead(this.trail.at(level)!)
    } catch (cause) {
      // It will be met again when the directory's turn comes.
      if (!(cause instanceof ErrnoError)) throw cause
    }
    this.leave(frame)
  }

  private stepTo({ level, identity }: Frame): Step {
    return { name: this.trail.nameAt(level), ...identity! }
  }

  /** Divides what is left of all directories, the last in the walk's order first. */
  private divide(): Rest[] {
    const rests: Rest[] = []
    for (let frame = this.frames.pop(); frame !== undefined; frame = this.frames.pop()) {
      this.divideFrame(frame, rests)
      this.leave(frame)
    }
    return rests
  }

  private divideFrame(frame: Frame, rests: Rest[]): void {
    const { entriesAtOnce, stretches } = this.limits
    const steps = this.frames.length
    const directory = this.trail.at(frame.level)
    const entriesPerName = Math.max(1, (this.visited - frame.before) / Math.max(1, frame.names))
    const namesAtOnce = Math.max(1, Math.round(entriesAtOnce / entriesPerName))
    try {
      while (directory !== undefined && rests.length < stretches && frame.readAhead(directory)) {
        const stretch = frame.cut(directory, namesAtOnce)
        rests.push({ ...stretch, steps, estimate: stretch.count * entriesPerName })
      }
      if (directory !== undefined) frame.readAhead(directory)
    } catch (cause) {
      // Whoever goes on with the directory meets it again.
      if (!(cause instanceof ErrnoError)) throw cause
    }
    if (!frame.mayGoOn) return
    const rest = frame.rest()
    rests.push({ ...rest, steps, estimate: rest.count * entriesPerName })
  }

  /** Tells the visitor of what cannot be walked; throws what is a defect. */
  private fail(path: string, cause: unknown): void {
    if (!(cause instanceof ErrnoError)) throw cause
    this.visitor.failed(path, cause)
  }
}
