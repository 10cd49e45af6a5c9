// Which entries of a walk are wanted: fast-glob's patterns, over paths as the guest has them. fast-glob itself would walk
// by promises and hold what it finds; its matcher is what the patterns mean.

import { createRequire } from 'node:module'
import type Micromatch from 'micromatch'
import { UsageError } from '../errors.js'
import { printable, textOf } from '../printable.js'

/** Patterns (bytes), relative to where the walk starts. */
export interface SelectionRules {
  /** An entry is wanted that one of them matches; every entry where there are none. */
  readonly include: readonly string[]
  /** An entry is not wanted that one of them matches, nor is anything below it. */
  readonly exclude: readonly string[]
}

/** Loaded for the first pattern: it takes as long as all of a look at one file. */
const micromatch = (): typeof Micromatch => (loaded ??= load('micromatch') as typeof Micromatch)
const load = createRequire(import.meta.url)
let loaded: typeof Micromatch | undefined

/** What fast-glob passes to micromatch with `dot`: hidden files count. */
const OPTIONS = { dot: true, posix: true, strictSlashes: false } as const

/** True for a path, as text; a directory's is asked about with a slash behind it, too. */
type Matcher = (path: string) => boolean

export class Selection {
  private readonly includes: readonly Matcher[]
  private readonly excludes: readonly Matcher[]

  /** Refuses a pattern that is none. */
  constructor({ include, exclude }: SelectionRules) {
    this.includes = include.flatMap(expanded).map(matcherOf)
    this.excludes = exclude.flatMap(expanded).map(matcherOf)
  }

  /** True for an entry that is looked at or, if it is a directory, entered; `path` is relative and in bytes. */
  admits(path: string, isDirectory: boolean): boolean {
    return this.excludes.length === 0 || !matches(this.excludes, path, isDirectory)
  }

  /** True for an entry that is wanted, of those that are admitted. */
  wants(path: string, isDirectory: boolean): boolean {
    return this.includes.length === 0 || matches(this.includes, path, isDirectory)
  }
}

/** A pattern with a slash at its end is one for directories. */
function matches(matchers: readonly Matcher[], path: string, isDirectory: boolean): boolean {
  const text = textOf(path) ?? path
  return matchers.some((isMatch) => isMatch(text) || (isDirectory && isMatch(`${text}/`)))
}

/** The patterns that braces stand for: what is in them may have a slash, or make a `**` with what is beside them. */
function expanded(pattern: string): string[] {
  if (pattern === '') throw new UsageError('Cannot use "" as a pattern: it matches nothing')
  try {
    return micromatch().braces(textOf(pattern) ?? pattern, { expand: true, nodupes: true, keepEscaping: true })
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new UsageError(`Cannot use "${printable(pattern)}" as a pattern: ${why}`)
  }
}

/** fast-glob's `baseNameMatch`: `*.log` is one anywhere. */
const matcherOf = (pattern: string): Matcher =>
  micromatch().matcher(pattern.includes('/') ? pattern : `**/${pattern}`, OPTIONS)
