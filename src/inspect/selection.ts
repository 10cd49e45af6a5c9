// Which entries of a walk are wanted: fast-glob's patterns, over paths as the guest has them. fast-glob itself would walk
// by promises and hold what it finds; its matcher is what the patterns mean.

import micromatch from 'micromatch'
import { UsageError } from '../errors.js'
import { printable, textOf } from '../printable.js'

/** Patterns (bytes), relative to where the walk starts. */
export interface SelectionRules {
  /** An entry is wanted that one of them matches; every entry where there are none. */
  readonly include: readonly string[]
  /** An entry is not wanted that one of them matches, nor is anything below it. */
  readonly exclude: readonly string[]
}

/** What fast-glob passes to micromatch with `dot` and `baseNameMatch`: hidden files count, `*.log` is one anywhere. */
const OPTIONS = { dot: true, matchBase: true, posix: true, strictSlashes: false } as const

type Matcher = (path: string) => boolean

export class Selection {
  private readonly includes: readonly Matcher[]
  private readonly excludes: readonly Matcher[]

  /** Refuses a pattern that is none. */
  constructor({ include, exclude }: SelectionRules) {
    this.includes = include.map(matcherOf)
    this.excludes = exclude.map(matcherOf)
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
const matches = (matchers: readonly Matcher[], path: string, isDirectory: boolean): boolean => {
  const text = textOf(path) ?? path
  return matchers.some((isMatch) => isMatch(text) || (isDirectory && isMatch(`${text}/`)))
}

function matcherOf(pattern: string): Matcher {
  if (pattern === '') throw new UsageError('Cannot use "" as a pattern: it matches nothing')
  try {
    return micromatch.matcher(textOf(pattern) ?? pattern, OPTIONS)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new UsageError(`Cannot use "${printable(pattern)}" as a pattern: ${why}`)
  }
}
