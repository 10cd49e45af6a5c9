// The little language of `stat -c` and `--printf`: GNU's, and `%{…}` for what only virtfs knows. A format is read once
// and then filled in for each object. It is bytes (Latin-1), and so is what comes out.

import { UsageError } from '../errors.js'
import { printable } from '../printable.js'
import type { Spec } from './printf.js'

/** What the sequences of a format stand for: a function each, by letter (`u`), modifier and letter (`Hd`) or `{name}`. */
export type Directives<T> = Readonly<Record<string, (spec: Spec, subject: T) => string>>

/** A format that has been read. */
export type Format<T> = (subject: T) => string

const SEQUENCE = /^%([-'+ #0I]*)(\d*)(?:\.(\d*))?(\{[^}]*\}|[HL][dr]|[\s\S]?)/

/** Reads a `-c` format; a sequence that does not exist is refused. */
export function parseFormat<T>(format: string, directives: Directives<T>): Format<T> {
  const pieces: (string | Format<T>)[] = []
  for (let at = 0; at < format.length;) {
    const percent = format.indexOf('%', at)
    if (percent !== at) pieces.push(format.slice(at, percent === -1 ? undefined : percent))
    if (percent === -1) break
    const [whole, flags = '', width, precision, key = ''] = SEQUENCE.exec(format.slice(percent)) ?? ['%']
    at = percent + whole.length
    if (whole === '%%') pieces.push('%')
    else {
      const directive = Object.hasOwn(directives, key) ? directives[key] : undefined
      if (directive === undefined) refuse(format, `there is no sequence ${printable(whole)}`)
      const spec: Spec = { flags, width: Number(width), precision: precision === '' ? 'bare' : numberOf(precision) }
      pieces.push((subject) => directive(spec, subject))
    }
  }
  return (subject) => pieces.map((piece) => (typeof piece === 'string' ? piece : piece(subject))).join('')
}

const numberOf = (digits: string | undefined): number | undefined => (digits === undefined ? undefined : Number(digits))

function refuse(format: string, why: string): never {
  throw new UsageError(`Cannot use the format "${printable(format)}": ${why}`)
}

const LETTERS: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  a: '\x07',
  b: '\b',
  e: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}

/** Reads a `--printf` format: as `-c`, with backslash escapes: letters, `\NNN` in octal and `\xHH`. */
export function parsePrintf<T>(format: string, directives: Directives<T>): Format<T> {
  // Escapes are resolved in what stands between sequences only: \x25 is a percent sign and begins none.
  const unescaped = format.replace(/\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|([\s\S]?))/g, (whole, oct, hex, letter) => {
    if (oct !== undefined) return literal(Number.parseInt(String(oct), 8) & 0xff)
    if (hex !== undefined) return literal(Number.parseInt(String(hex), 16))
    const meaning = LETTERS[String(letter)]
    return meaning ?? refuse(format, `there is no escape ${printable(String(whole))}`)
  })
  return parseFormat(unescaped, directives)
}

const literal = (byte: number): string => (byte === 0x25 ? '%%' : String.fromCharCode(byte))
