// A tree with everything that a guest can make, made by one through QEMU, and all that a guest says of a tree.

import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { GuestEntry } from '../../fixtures/guest-view.js'
import { type GuestContent, readInGuest } from '../support/guest/contents.js'
import { Guest } from '../support/guest/guest.js'
import { listInGuest } from '../support/guest/listing.js'
import { mountVirtfs, unmount } from '../support/guest/mount.js'
import { projectRoot } from '../support/guest/project.js'
import { asUnprivileged, unprivileged } from '../support/guest/unprivileged.js'
import { ACLS } from './host-look.js'

/** Names that the guest has given to objects of its own, although they would mean something elsewhere. */
export const OWN_HIDDEN_NAMES: readonly string[] = ['more-names/.virtfs_convert']

/** What a guest sees of a tree. */
export interface Seen {
  /** Depth first, in byte order, the root first. */
  readonly entries: readonly GuestEntry[]
  readonly contents: readonly GuestContent[]
  /** What the guest's getfacl prints of all that has ACLs of its own. */
  readonly acls: string
}

const MOUNT = { options: 'posixacl' }

const programNamed = (...path: string[]): string => readFileSync(join(projectRoot, ...path), 'latin1')

/** Where `turns.pl` works: it goes on in a converted tree with what it has made before. */
const turns = (at: string, turn: number) => ({ args: [`${at}/turns`, String(turn)] })

/** Times that a guest cannot set, since Linux's client cuts them to whole seconds since 1970: of every kind of object. */
const hostTimes: Readonly<Record<string, string>> = {
  'plain/hello': '1234567890.123456789',
  'directories/sticky': '1234567890.000000001',
  'directories/mode-0000': '-86400.000000001',
  'symlinks/dangling': '-1.999999999',
  'symlinks/short': '1999999999.999999999',
  'special/fifo': '987654321.987654321',
  'special/block-8-1': '4294967296.999999999',
  'hard-links/fifo-a': '1.000000002',
  'hard-links/file-a': '1600000000.100200300',
  'more-names/fifo\n\xff ': '1600000000.000000007',
}

/** For a script of Latin-1, one code unit a byte: an argument of node's would have to be text, which a name may not be. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

function setHostTimes(tree: string): void {
  const lines = Object.entries(hostTimes).map(([name, time]) => `touch -h -d @${time} -- ${quoted(name)}`)
  execFileSync('/bin/sh', ['-e'], { cwd: tree, input: Buffer.from(lines.join('\n'), 'latin1') })
}

/** Has a guest make the tree at `tree` through an unprivileged QEMU's mapped-xattr; returns what that guest then sees. */
export async function makeConvertibleTree(tree: string): Promise<Seen> {
  asUnprivileged(() => mkdirSync(tree, 0o755))
  const virtfs = [{ path: tree, securityModel: 'mapped-xattr', tag: 'tree' }] as const
  await using guest = await Guest.boot({ virtfs, network: false, user: unprivileged })
  await mountVirtfs(guest, 'tree', '/mnt', MOUNT)
  await guest.check('mkdir /mnt/turns')
  await guest.check(programNamed('test', 'kernel', 'turns.pl'), turns('/mnt', 0))
  await guest.check(programNamed('test', 'kernel', 'convertible.pl'), { args: ['/mnt'] })
  // The last: it also gives everything a time of its own.
  await guest.check(programNamed('fixtures', 'populate.pl'), { args: ['/mnt'], timeoutMs: 180_000 })
  await unmount(guest, '/mnt')
  setHostTimes(tree)
  return await seeTree(guest, 'tree')
}

/** Says what the guest sees of the tree that QEMU exports as `tag`: all of it, in a mount that remembers nothing. */
export async function seeTree(guest: Guest, tag: string): Promise<Seen> {
  const at = `/seen/${tag}`
  await mountVirtfs(guest, tag, at, MOUNT)
  const entries = await listInGuest(guest, at)
  const contents = await readInGuest(guest, at)
  const acls = await guest.check(`cd ${at}; ${ACLS}`)
  await unmount(guest, at)
  return { entries, contents, acls }
}

/** Has the guest go on in the tree with what was made in it before the conversion, and then remove everything. */
export async function workInTree(guest: Guest, tag: string): Promise<void> {
  const at = `/worked/${tag}`
  await mountVirtfs(guest, tag, at, MOUNT)
  for (const turn of [1, 2]) await guest.check(programNamed('test', 'kernel', 'turns.pl'), turns(at, turn))
  await guest.check(`cd ${at}; /usr/gnu/find . -mindepth 1 -delete`)
  await unmount(guest, at)
}
