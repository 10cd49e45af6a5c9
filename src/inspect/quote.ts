// GNU's quoting of names for %N ("shell-escape-always"): what a shell reads back as exactly these bytes.

import { charactersOf } from '../printable.js'

const LETTER: Readonly<Record<string, string>> = {
  '\x07': 'a',
  '\b': 'b',
  '\t': 't',
  '\n': 'n',
  '\v': 'v',
  '\f': 'f',
  '\r': 'r',
}

const octal = (byte: string): string => byte.charCodeAt(0).toString(8).padStart(3, '0')

/** Characters that mean the same between double quotes as between single ones, wherever they stand. */
const SAFE_IN_BOTH = /^[ '%+,\-./0-9:@A-Z\]_a-z]$/

/** True where double quotes are the shorter way to write a single quote. */
function prefersDoubleQuotes(
  characters: readonly { readonly bytes: string; readonly text: string | undefined }[],
): boolean {
  return characters.every(({ bytes, text }, index) => {
    if (text === undefined) return false
    return bytes.length > 1 || SAFE_IN_BOTH.test(bytes) || (index === 0 && (bytes === '#' || bytes === '~'))
  })
}

/** Quotes Latin-1 bytes; what is not printable UTF-8 stands in `$'…'`, as a letter or in octal. */
export function quote(latin1: string): string {
  const characters = [...charactersOf(latin1)]
  const hasQuote = latin1.includes("'")
  if (hasQuote && prefersDoubleQuotes(characters)) return `"${latin1}"`
  let quoted = "'"
  let isEscaping = false
  for (const { bytes, text } of characters) {
    if (bytes === "'") {
      quoted += `'\\''`
      isEscaping = false
    } else if (text === undefined) {
      if (!isEscaping) quoted += `'$'`
      isEscaping = true
      for (const byte of bytes) quoted += `\\${LETTER[byte] ?? octal(byte)}`
    } else {
      if (isEscaping) quoted += `''`
      isEscaping = false
      quoted += bytes
    }
  }
  return `${quoted}'`
}
