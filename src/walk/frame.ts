// A directory whose entries are being visited.

import type { HostDirectory, HostDirent, Position } from '../host/host-directory.js'
import type { Name } from '../name.js'
import type { Identity, Stretch } from './task.js'

export interface FrameOptions {
  /** The directory's; '' for the walk's start. */
  readonly path: string
  /** Levels below the start. */
  readonly level: number
  /** Undefined for the start. */
  readonly identity: Identity | undefined
  /** What of it is to be visited. */
  readonly stretch: Stretch
  /** Bytes of the listing that are read at once. */
  readonly room: number
  /** Entries that had been visited when this directory was begun. */
  readonly before: number
}

export class Frame {
  readonly path: string
  /** What stands before a name to make it a path. */
  readonly prefix: string
  readonly level: number
  readonly identity: Identity | undefined
  readonly before: number
  /** What the visitor keeps for the directory while it is open. */
  context: unknown
  isEntered = false
  /** Names that were given by `next`. */
  names = 0
  private readonly room: number
  private entries: readonly HostDirent[] = []
  private index = 0
  /** The place before `entries[index]`. */
  private position: Position
  /** Names to come, those in `entries` included; Infinity where that is not known. */
  private left: number

  constructor({ path, level, identity, stretch, room, before }: FrameOptions) {
    this.path = path
    // Not by comparing paths: V8 may flatten what it compares, and five thousand levels down that is a megabyte each.
    this.prefix = level === 0 ? '' : `${path}/`
    this.level = level
    this.identity = identity
    this.before = before
    this.room = room
    this.position = stretch.from
    this.left = stretch.count
  }

  /** False where nothing is left, as far as that is known without asking the directory. */
  get mayGoOn(): boolean {
    return this.left > 0
  }

  /** The next name; undefined at the end. */
  next(directory: HostDirectory): Name | undefined {
    if (!this.readAhead(directory)) return undefined
    const { name, next } = this.entries[this.index]!
    this.index += 1
    this.position = next
    this.left -= 1
    this.names += 1
    return name
  }

  /** Has names ready; false at the end. */
  readAhead(directory: HostDirectory): boolean {
    if (this.index < this.entries.length) return true
    if (this.left === 0) return false
    const entries = directory.list(this.position, this.room)
    this.entries = entries.length > this.left ? entries.slice(0, this.left) : entries
    this.index = 0
    if (entries.length === 0) this.left = 0
    return entries.length > 0
  }

  /** Cuts the next `count` names off, fewer at the end. */
  cut(directory: HostDirectory, count: number): Stretch {
    const from = this.position
    let cut = 0
    while (cut < count && this.next(directory) !== undefined) cut += 1
    return { from, count: cut }
  }

  /** Everything that is left. */
  rest(): Stretch {
    return { from: this.position, count: this.left }
  }
}
