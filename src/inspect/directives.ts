// What each sequence of a `-c` or `--printf` format stands for: GNU stat's letters, all as the guest sees them, and
// `%{…}` for what only virtfs knows.

import { packDevice } from '../ids.js'
import type { OwnershipKey } from '../ownership/ownership.js'
import type { Entry } from './entry.js'
import { type FileSystemEntry, fileSystemName } from './file-system.js'
import { modeLetters, typeWords } from './file-type.js'
import type { Directives } from './format.js'
import { printable, utf8Of } from '../printable.js'
import { hexadecimal, octal, seconds, signed, type Spec, text, unsigned } from './printf.js'
import { quote } from './quote.js'
import { localTime } from './time.js'

/** HostStat keeps st_dev in parts. */
const majorOf = (dev: number): number => Math.floor(dev / 2 ** 32)
const minorOf = (dev: number): number => dev % 2 ** 32
const devOf = ({ guest: { host } }: Entry): bigint => packDevice({ major: majorOf(host.dev), minor: minorOf(host.dev) })

const PERMISSIONS = 0o7777
/** The block that st_blocks is counted in. */
const BLOCK = 512

const name = (path: string): string => utf8Of(printable(path))
/** As GNU does, each of the two names has the width to itself. */
const quoted = (spec: Spec, { path, target }: Entry): string =>
  text(spec, quote(path)) + (target === undefined ? '' : ` -> ${text(spec, quote(target))}`)

const source =
  (key: OwnershipKey): Directives<Entry>[string] =>
  (spec, entry) =>
    text(spec, entry.source[key])

/** Sequences for objects. */
export const entryDirectives: Directives<Entry> = {
  a: (spec, { guest }) => octal(spec, guest.mode & PERMISSIONS),
  A: (spec, { guest }) => text(spec, modeLetters(guest.mode)),
  b: (spec, { guest }) => unsigned(spec, guest.host.blocks),
  B: (spec) => unsigned(spec, BLOCK),
  d: (spec, entry) => unsigned(spec, devOf(entry)),
  D: (spec, entry) => hexadecimal(spec, devOf(entry)),
  Hd: (spec, { guest }) => unsigned(spec, majorOf(guest.host.dev)),
  Ld: (spec, { guest }) => unsigned(spec, minorOf(guest.host.dev)),
  f: (spec, { guest }) => hexadecimal(spec, guest.mode),
  F: (spec, { guest }) => text(spec, typeWords(guest.mode, guest.host.size)),
  g: (spec, { guest }) => unsigned(spec, guest.gid),
  G: (spec, { guestNames }) => text(spec, guestNames.group ?? 'UNKNOWN'),
  h: (spec, { guest }) => unsigned(spec, guest.host.nlink),
  i: (spec, { guest }) => unsigned(spec, guest.host.ino),
  n: (spec, { path }) => text(spec, name(path)),
  N: quoted,
  o: (spec, { guest }) => unsigned(spec, guest.host.blksize),
  s: (spec, { guest }) => signed(spec, guest.host.size),
  r: (spec, { guest }) => unsigned(spec, packDevice(guest.rdev)),
  R: (spec, { guest }) => hexadecimal(spec, packDevice(guest.rdev)),
  Hr: (spec, { guest }) => unsigned(spec, guest.rdev.major),
  Lr: (spec, { guest }) => unsigned(spec, guest.rdev.minor),
  t: (spec, { guest }) => hexadecimal(spec, guest.rdev.major),
  T: (spec, { guest }) => hexadecimal(spec, guest.rdev.minor),
  u: (spec, { guest }) => unsigned(spec, guest.uid),
  U: (spec, { guestNames }) => text(spec, guestNames.user ?? 'UNKNOWN'),
  w: (spec, { guest: { host } }) =>
    text(spec, host.btimeSec === 0 && host.btimeNsec === 0 ? '-' : localTime(host.btimeSec, host.btimeNsec)),
  W: (spec, { guest: { host } }) => seconds(spec, host.btimeSec, host.btimeNsec),
  x: (spec, { guest: { host } }) => text(spec, localTime(host.atimeSec, host.atimeNsec)),
  X: (spec, { guest: { host } }) => seconds(spec, host.atimeSec, host.atimeNsec),
  y: (spec, { guest: { host } }) => text(spec, localTime(host.mtimeSec, host.mtimeNsec)),
  Y: (spec, { guest: { host } }) => seconds(spec, host.mtimeSec, host.mtimeNsec),
  z: (spec, { guest: { host } }) => text(spec, localTime(host.ctimeSec, host.ctimeNsec)),
  Z: (spec, { guest: { host } }) => seconds(spec, host.ctimeSec, host.ctimeNsec),
  '{host:a}': (spec, { guest: { host } }) => octal(spec, host.mode & PERMISSIONS),
  '{host:A}': (spec, { guest: { host } }) => text(spec, modeLetters(host.mode)),
  '{host:F}': (spec, { guest: { host } }) => text(spec, typeWords(host.mode, host.size)),
  '{host:g}': (spec, { guest: { host } }) => unsigned(spec, host.gid),
  '{host:G}': (spec, { hostNames }) => text(spec, hostNames.group ?? 'UNKNOWN'),
  '{host:u}': (spec, { guest: { host } }) => unsigned(spec, host.uid),
  '{host:U}': (spec, { hostNames }) => text(spec, hostNames.user ?? 'UNKNOWN'),
  '{model}': (spec, { model }) => text(spec, model),
  '{source:a}': source('mode'),
  '{source:g}': source('gid'),
  '{source:mode}': source('mode'),
  '{source:rdev}': source('rdev'),
  '{source:u}': source('uid'),
}

/** GNU stat shows the first word of f_fsid first. */
const swapWords = (fsid: bigint): bigint => ((fsid & 0xffff_ffffn) << 32n) | (fsid >> 32n)

/** Sequences for file systems (`-f`). */
export const fileSystemDirectives: Directives<FileSystemEntry> = {
  a: (spec, { statfs }) => signed(spec, statfs.bavail),
  b: (spec, { statfs }) => unsigned(spec, statfs.blocks),
  c: (spec, { statfs }) => unsigned(spec, statfs.files),
  d: (spec, { statfs }) => signed(spec, statfs.ffree),
  f: (spec, { statfs }) => signed(spec, statfs.bfree),
  i: (spec, { statfs }) => hexadecimal(spec, swapWords(statfs.fsid)),
  l: (spec, { statfs }) => unsigned(spec, statfs.namelen),
  n: (spec, { path }) => text(spec, name(path)),
  s: (spec, { statfs }) => unsigned(spec, statfs.bsize),
  S: (spec, { statfs }) => unsigned(spec, statfs.bsize),
  t: (spec, { statfs }) => hexadecimal(spec, statfs.type),
  T: (spec, { statfs }) => text(spec, fileSystemName(statfs.type)),
  '{model}': (spec, { model }) => text(spec, model),
}
