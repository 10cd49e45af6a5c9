// How many columns of a terminal a text takes. Pure.

/** Drawn over the character before, or not at all. */
const COMBINING = /\p{M}/u
/** East Asian and pictorial characters, but not the katakana that were made to be narrow. */
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303e\u30a0-\u30ff\uff01-\uff60\uffe0-\uffe6]/u

/** The columns that printable text takes. */
export function textWidth(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length
  let width = 0
  for (const character of text) width += COMBINING.test(character) ? 0 : WIDE.test(character) ? 2 : 1
  return width
}

/** The text with blanks behind it, so that it takes at least so many columns. */
export const padded = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - textWidth(text)))
