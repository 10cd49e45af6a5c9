// What the files of a tree hold, as a guest reads them.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Guest } from './guest.js'
import { guestPrograms } from './project.js'

/** A file that is not empty. Both members are Latin-1 strings: one code unit a byte. */
export interface GuestContent {
  readonly path: string
  /** Without the zeros that it ends with: the listing tells its size. */
  readonly content: string
}

const bytes = (hex: string): string => Buffer.from(hex, 'hex').toString('latin1')

/** Reads all regular files below `directory` (a path in the guest) in depth-first byte order. */
export async function readInGuest(guest: Guest, directory: string, timeoutMs = 120_000): Promise<GuestContent[]> {
  const program = readFileSync(join(guestPrograms, 'contents.pl'), 'latin1')
  const lines = (await guest.check(program, { timeoutMs, args: [directory] })).split('\n').slice(0, -1)
  return lines.map((line) => {
    const [path = '', content = ''] = line.split(' ')
    return { path: bytes(path), content: bytes(content) }
  })
}
