// The lines of `ls -l`, in GNU's columns. Pure.

import { isDevice, type Listed, type ListedObject, modeLetters, printable } from '../../src/index.js'
import type { Paint } from './ls-colours.js'
import { listingTime, TIME_WIDTH } from './ls-time.js'
import { humanSize } from './size-text.js'
import { padded, textWidth } from './text-width.js'

export interface LongStyle {
  /** Sizes with letters. */
  readonly isHuman: boolean
  /** Owners by their numbers. */
  readonly isNumeric: boolean
  readonly paint: Paint
  /** Seconds since 1970: what is near to it is shown with its time of day. */
  readonly now: number
}

type Row = Listed<ListedObject>

/** How wide each column has to be. */
interface Widths {
  mode: number
  links: number
  user: number
  group: number
  major: number
  minor: number
  size: number
}

const MODE_WIDTH = 10
const BLOCK = 512

/** `total N`: what the objects take on the disk, in KiB or with a letter. */
export function totalLine(rows: readonly Row[], isHuman: boolean): string {
  const blocks = rows.reduce((sum, { object }) => sum + (object?.blocks ?? 0), 0)
  return `total ${isHuman ? humanSize(blocks * BLOCK, 1024) : Math.ceil(blocks / 2)}\n`
}

/** A line for each object, with its newline; in the columns there is room for those `beside`, too. */
export function* longLines(rows: readonly Row[], beside: readonly Row[], style: LongStyle): Generator<string> {
  const widths: Widths = { mode: MODE_WIDTH, links: 0, user: 0, group: 0, major: 0, minor: 0, size: 0 }
  for (const row of rows) makeRoom(widths, row, style)
  for (const row of beside) makeRoom(widths, row, style)
  for (const { name, object } of rows) {
    yield object === undefined
      ? `${unknownCells(widths)} ${printable(name)}\n`
      : `${cells(object, widths, style)} ${nameText(name, object, style)}\n`
  }
}

function makeRoom(widths: Widths, { object }: Row, style: LongStyle): void {
  const widen = (column: keyof Widths, width: number): void => {
    if (width > widths[column]) widths[column] = width
  }
  if (object === undefined) return
  if (object.hasAcl) widths.mode = MODE_WIDTH + 1
  widen('links', String(object.nlink).length)
  widen('user', textWidth(ownerText(object.user, object.uid, style)))
  widen('group', textWidth(ownerText(object.group, object.gid, style)))
  if (isDevice(object.mode)) {
    widen('major', String(object.rdev.major).length)
    widen('minor', String(object.rdev.minor).length)
    widen('size', widths.major + ', '.length + widths.minor)
  } else {
    widen('size', sizeText(object, style).length)
  }
}

function cells(object: ListedObject, widths: Widths, style: LongStyle): string {
  const { mode, hasAcl, nlink, user, uid, group, gid, mtimeSec } = object
  return [
    (modeLetters(mode) + (hasAcl ? '+' : '')).padEnd(widths.mode),
    String(nlink).padStart(widths.links),
    ownerCell(user, uid, widths.user, style),
    ownerCell(group, gid, widths.group, style),
    isDevice(mode) ? deviceCell(object, widths) : sizeText(object, style).padStart(widths.size),
    listingTime(mtimeSec, style.now),
  ].join(' ')
}

/** What could not be looked at. */
const unknownCells = (widths: Widths): string =>
  [
    '?'.repeat(widths.mode),
    '?'.padStart(widths.links),
    '?'.padEnd(widths.user),
    '?'.padEnd(widths.group),
    '?'.padStart(widths.size),
    '?'.padStart(TIME_WIDTH),
  ].join(' ')

const ownerText = (name: string | undefined, id: number, { isNumeric }: LongStyle): string =>
  isNumeric || name === undefined ? String(id) : printable(name)

/** Names begin at the left, numbers end at the right. */
const ownerCell = (name: string | undefined, id: number, width: number, { isNumeric }: LongStyle): string =>
  isNumeric || name === undefined ? String(id).padStart(width) : padded(printable(name), width)

const sizeText = ({ size }: ListedObject, { isHuman }: LongStyle): string =>
  isHuman ? humanSize(size, 1024) : String(size)

/** Both numbers end where those of other devices do. */
function deviceCell({ rdev }: ListedObject, { size, major, minor }: Widths): string {
  const room = Math.max(major, size - ', '.length - minor)
  return `${String(rdev.major).padStart(room)}, ${String(rdev.minor).padStart(minor)}`
}

function nameText(name: string, { mode, target }: ListedObject, { paint }: LongStyle): string {
  const painted = paint(printable(name), name, mode)
  return target === undefined ? painted : `${painted} -> ${printable(target)}`
}
