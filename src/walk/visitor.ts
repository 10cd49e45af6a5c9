// What a walk does on its way: the part of it that its user writes. Threads share no objects, so each makes a visitor of
// its own, by a module that is named.

import type { ErrnoError } from '../errors.js'
import type { HostDirectory } from '../host/host-directory.js'
import type { Name } from '../name.js'
import type { HostStat } from '../sys/stat.js'

/** What a visitor found since it was last asked. */
export interface Found<Result> {
  /** Crosses from thread to thread, so it is plain data. */
  readonly result: Result
  /** What it takes in memory, about. */
  readonly bytes: number
  /** What of it moves from thread to thread instead of being copied; the visitor does not touch it any more. */
  readonly transfer?: readonly ArrayBuffer[]
}

/**
 * Looks at the entries of a tree, in any number of stretches. Paths are relative to where the walk started (Latin-1, no
 * slash in front); the start's own is ''. An ErrnoError that `enter` or `visit` throws is told to `failed`; anything else
 * is a defect, which ends the walk.
 */
export interface Visitor<Result, Context = void> {
  /** About how many bytes `take` would give: a walk interrupts itself when they grow to be many. */
  readonly held: number
  /**
   * A directory is open, and some of its entries are about to be visited: more than once for one directory, in this
   * thread or in others. What it returns is kept until `leave`.
   */
  enter(directory: HostDirectory, path: string): Context
  /** The directory is about to be closed; entries of it may be left for later. */
  leave(context: Context): void
  /**
   * Looks at an entry. Answers with its stat where it is a directory that is to be walked through: that, and nothing that
   * was put in its place meanwhile, is opened.
   */
  visit(directory: HostDirectory, name: Name, path: string, context: Context): HostStat | undefined
  /** Something cannot be walked through, or not to its end: it is gone, or refused, or another than `visit` saw. */
  failed(path: string, error: ErrnoError): void
  /** Gives away what was found since the last time; undefined where that is nothing. */
  take(): Found<Result> | undefined
}

/** Where each thread finds a visitor. */
export interface VisitorSource {
  /** The file URL of a module that exports `createVisitor`. */
  readonly module: string
  /** What `createVisitor` is given: plain data. */
  readonly options?: unknown
}

/** What such a module exports. */
export interface VisitorModule<Result> {
  createVisitor(options: unknown): Visitor<Result, unknown> | Promise<Visitor<Result, unknown>>
}

/** Makes this thread's visitor. */
export async function loadVisitor<Result>({ module, options }: VisitorSource): Promise<Visitor<Result, unknown>> {
  const { createVisitor } = (await import(module)) as VisitorModule<Result>
  return createVisitor(options)
}
