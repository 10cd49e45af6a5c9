// Names are bytes; people and JSON want text. The only places where bytes become text are these.

import { isUtf8 } from 'node:buffer'
import { bytesOf } from './name.js'

/** Control, format, unassigned, private and separator characters: what could act on a terminal or hide in a line. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/u

const escaped = (bytes: Buffer): string => Array.from(bytes, (byte) => `\\x${hex(byte)}`).join('')
const hex = (byte: number): string => byte.toString(16).padStart(2, '0')

/** One UTF-8 sequence by its form, or one byte that begins none. */
const SEQUENCE = /[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}|[\0-\xff]/g

/** The characters of Latin-1 bytes, each with its bytes; `text` is undefined where they are no printable UTF-8. */
export function* charactersOf(
  latin1: string,
): Generator<{ readonly bytes: string; readonly text: string | undefined }> {
  for (const [bytes] of latin1.matchAll(SEQUENCE)) {
    const buffer = bytesOf(bytes)
    if (isUtf8(buffer)) {
      const text = buffer.toString('utf8')
      yield { bytes, text: UNPRINTABLE.test(text) ? undefined : text }
    } else {
      // A sequence of the right form that is none (overlong, a surrogate): its bytes one by one.
      for (const byte of bytes) yield { bytes: byte, text: undefined }
    }
  }
}

/** The bytes as text for people: whatever is not printable UTF-8 is shown as `\xHH`. */
export function printable(latin1: string): string {
  if (/^[ -~]*$/.test(latin1)) return latin1
  let text = ''
  for (const character of charactersOf(latin1)) text += character.text ?? escaped(bytesOf(character.bytes))
  return text
}

/** Text as the bytes of its UTF-8 form. */
export const utf8Of = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

/** The text that the bytes are the UTF-8 form of; undefined where they are none. */
export function textOf(latin1: string): string | undefined {
  const bytes = bytesOf(latin1)
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined
}
