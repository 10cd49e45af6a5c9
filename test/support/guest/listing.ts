// What a guest's kernel says of a tree that is mounted in it: the oracle for every way of showing the same tree.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type GuestEntry, typeOfMode } from '../../../fixtures/guest-view.js'
import type { Guest } from './guest.js'
import { guestPrograms } from './project.js'

const bytes = (field: string): string => Buffer.from(field.slice(1), 'hex').toString('latin1')

/** Lists all objects below `directory` (a path in the guest) in depth-first byte order, the root first. */
export async function listInGuest(guest: Guest, directory: string, timeoutMs = 120_000): Promise<GuestEntry[]> {
  const program = readFileSync(join(guestPrograms, 'listing.pl'), 'latin1')
  const names = new Map<string, string>()
  return (await guest.check(program, { timeoutMs, args: [directory] }))
    .split('\n')
    .slice(0, -1)
    .map((line) => parseLine(line, names))
}

/** `names` collects the first name of each inode that has several. */
function parseLine(line: string, names: Map<string, string>): GuestEntry {
  const [path = '', ...fields] = line.split(' ')
  const [mode = 0, uid = 0, gid = 0, major = 0, minor = 0, size = 0, nlink = 0] = fields.slice(0, 7).map(Number)
  const [inode = '', seconds, nanoseconds, target = '', ...attributes] = fields.slice(7)
  const type = typeOfMode(mode)
  const name = bytes(path)
  const first = names.get(inode)
  if (type !== 'directory' && nlink > 1 && first === undefined) names.set(inode, name)
  return {
    path: name,
    type,
    mode: (mode & 0o7777).toString(8).padStart(4, '0'),
    uid,
    gid,
    rdev: type === 'char' || type === 'block' ? `${major}:${minor}` : null,
    // A directory's size is the host file system's business.
    size: type === 'directory' ? null : size,
    nlink,
    mtime: [Number(seconds), Number(nanoseconds)],
    target: type === 'symlink' ? bytes(target) : null,
    sameAs: first ?? null,
    xattrs: Object.fromEntries(
      attributes.map((attribute) => {
        const [key = '', value = ''] = attribute.split('=')
        return [bytes(key), value.slice(1)]
      }),
    ),
  }
}
