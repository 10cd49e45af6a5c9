// Objects as text: GNU stat's blocks, with what only virtfs knows between its lines. Pure. Text is bytes (Latin-1).

import {
  type Entry,
  entryDirectives,
  type ExportFacts,
  type FileSystemEntry,
  fileSystemDirectives,
  isDevice,
  parseFormat,
  printable,
  utf8Of,
} from '../../src/index.js'

const SIZE = '  Size: %-10s\tBlocks: %-10b IO Block: %-6o %F\n'
const PLAIN = 'Device: %Hd,%Ld\tInode: %-10i  Links: %h\n'
const DEVICE = 'Device: %Hd,%Ld\tInode: %-10i  Links: %-5h Device type: %Hr,%Lr\n'
const GUEST = 'Access: (%04a/%10.10A)  Uid: (%5u/%8U)   Gid: (%5g/%8G)\n'
const HOST = '  Host: (%04{host:a}/%10.10{host:A})  Uid: (%5{host:u}/%8{host:U})   Gid: (%5{host:g}/%8{host:G})\n'
const SOURCE = 'Source: mode %{source:a}, uid %{source:u}, gid %{source:g}'
const TIMES = 'Access: %x\nModify: %y\nChange: %z\n Birth: %w\n'

const formatOf = (template: string) => parseFormat(template, entryDirectives)
const beginning = formatOf(SIZE)
const plain = formatOf(PLAIN)
const device = formatOf(DEVICE)
const guest = formatOf(GUEST)
const host = formatOf(HOST)
const source = formatOf(SOURCE)
const deviceSource = formatOf(', rdev %{source:rdev}')
const times = formatOf(TIMES)

/** What `-t` prints: GNU's order. */
export const TERSE = '%n %s %b %f %u %g %D %i %h %t %T %X %Y %Z %W %o'

/** The block of one object. */
export function entryBlock(entry: Entry): string {
  const isSpecial = isDevice(entry.guest.mode)
  const problems = entry.problems.map(({ code, sentence }) => `Problem: ${code}: ${sentence}\n`)
  return [
    `  File: ${utf8Of(titleOf(entry))}\n`,
    beginning(entry),
    isSpecial ? device(entry) : plain(entry),
    guest(entry),
    isHostDifferent(entry) ? host(entry) : '',
    `${source(entry)}${isSpecial ? deviceSource(entry) : ''}\n`,
    utf8Of(treeLine(entry)),
    times(entry),
    ...problems.map(utf8Of),
  ].join('')
}

const titleOf = ({ path, target }: Entry): string =>
  target === undefined ? printable(path) : `${printable(path)} -> ${printable(target)}`

const treeLine = ({ root, model, detection }: ExportFacts): string =>
  `  Tree: ${printable(root)} (${model}${detection ? `, detected, ${detection.certainty}: ${detection.reason}` : ''})\n`

const isHostDifferent = ({ guest: { uid, gid, mode, host } }: Entry): boolean =>
  Number(uid) !== Number(host.uid) || Number(gid) !== Number(host.gid) || mode !== host.mode

const FILE_SYSTEM = [
  '  File: "%n"\n',
  '    ID: %-8i Namelen: %-7l Type: %T\n',
  'Block size: %-10s Fundamental block size: %S\n',
  'Blocks: Total: %-10b Free: %-10f Available: %a\n',
  'Inodes: Total: %-10c Free: %d\n',
].join('')

/** What `-f -t` prints: GNU's order. */
export const FILE_SYSTEM_TERSE = '%n %i %l %t %s %S %b %f %a %c %d'

const fileSystem = parseFormat(FILE_SYSTEM, fileSystemDirectives)

/** The block of one file system. */
export const fileSystemBlock = (entry: FileSystemEntry): string => fileSystem(entry) + utf8Of(treeLine(entry))
