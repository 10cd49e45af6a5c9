// What walks are compared with: the order of find(1).

import { spawnSync } from 'node:child_process'
import type { ErrnoError } from '../../src/errors.js'
import type { VisitorSource } from '../../src/walk/visitor.js'

export interface ListingOptions {
  readonly isBrief?: boolean
  readonly onVisit?: (path: string) => void
  /** What happens at a path, or at the first one that another thread than the calling one comes to. */
  readonly mishap?: { readonly path?: string; readonly what: 'throws' | 'exits' | 'runs out of memory' }
}

export const listing = (options: ListingOptions = {}): VisitorSource => ({
  module: new URL('./listing-visitor.mjs', import.meta.url).href,
  options,
})

/** The NUL-terminated lines (Latin-1) of some listings in a row. */
export const linesOf = (listings: readonly Uint8Array[]): string[] =>
  Buffer.concat(listings).toString('latin1').split('\0').slice(0, -1)

/** How find(1) lists everything below a directory. */
export function find(directory: string, format: '%P' | '%f' = '%P'): string[] {
  const { stdout, stderr, status } = spawnSync('find', [directory, '-mindepth', '1', '-printf', `${format}\\0`], {
    maxBuffer: 2 ** 30,
  })
  if (status !== 0) throw new Error(`find failed: ${stderr.toString()}`)
  return linesOf([stdout])
}

/** The same for what failed. */
export const failure = (path: string, code: ErrnoError['code']): string => `${path}: ${code}`
