// What `virtfs ls` prints for one listing, in the form that was asked for. Pure. What it gives is bytes (Latin-1), in
// pieces: a directory may hold a million names.

import {
  type Entry,
  type Listed,
  type ListedObject,
  listedObject,
  type Listing,
  type Look,
  printable,
  utf8Of,
} from '../../src/index.js'
import { createRenderer, type Form } from './entry-renderer.js'
import { type Paint, plain } from './ls-colours.js'
import { type Cell, columns } from './ls-columns.js'
import { longLines, type LongStyle, totalLine } from './ls-long.js'

/** A form, and what has to be found out about objects for it. */
export interface ListingForm<T> {
  readonly look: Look<T> | undefined
  pieces(listing: Listing<T>): Iterable<string>
}

/** Columns, with the owner and what else there is. */
export const longForm = (style: LongStyle): ListingForm<ListedObject> => ({
  look: listedObject,
  *pieces({ directory, objects, beside }) {
    const rows = [...objects]
    if (directory !== undefined) yield totalLine(rows, style.isHuman)
    for (const line of longLines(rows, beside, style)) yield utf8Of(line)
  },
})

type Painted = Pick<ListedObject, 'mode'>

/** Nothing but names: one a line or, where there is a width of lines, side by side. */
export const nameForm = (paint: Paint, lineWidth: number | undefined): ListingForm<Painted> => ({
  look: paint === plain ? undefined : (reader, object) => ({ mode: reader.modeOf(object) }),
  *pieces({ objects }) {
    if (lineWidth === undefined) {
      for (const listed of objects) yield utf8Of(`${cellOf(listed, paint).painted}\n`)
    } else {
      const cells = Array.from(objects, (listed) => cellOf(listed, paint))
      for (const line of columns(cells, lineWidth)) yield utf8Of(line)
    }
  },
})

function cellOf({ name, object }: Listed<Painted>, paint: Paint): Cell {
  const text = printable(name)
  return { text, painted: paint(text, name, object?.mode) }
}

/** As `virtfs stat` shows objects, with all that is known of them. */
export function entryForm(form: Form): ListingForm<Entry> {
  const renderer = createRenderer(form)
  return {
    look: (reader, object, path) => reader.entry(object, path),
    *pieces({ objects }) {
      for (const { object } of objects) if (object !== undefined) yield renderer.entry(object)
    },
  }
}

/** Everything, one listing after the other. */
export function* allPieces<T>(listings: Iterable<Listing<T>>, { pieces }: ListingForm<T>): Generator<string> {
  for (const listing of listings) yield* pieces(listing)
}

/** The same with an empty line between listings and, if they are headed, with what each directory is called. */
export function* headedPieces<T>(
  listings: Iterable<Listing<T>>,
  { pieces }: ListingForm<T>,
  isHeaded: boolean,
): Generator<string> {
  let isFirst = true
  for (const listing of listings) {
    if (!isFirst) yield '\n'
    isFirst = false
    if (isHeaded && listing.directory !== undefined) yield utf8Of(`${printable(listing.directory)}:\n`)
    yield* pieces(listing)
  }
}
