// Text for manual pages, in the language of man(7).

/** Characters that are not themselves in roff, or not what a reader could copy from the page. */
const SPECIAL: Readonly<Record<string, string>> = {
  '\\': '\\e',
  '-': '\\-',
  "'": '\\(aq',
  '"': '\\(dq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
}

/** Text that is shown as it is. */
export const roff = (text: string): string =>
  text
    .replaceAll(/[\\'"`^~-]/g, (character) => SPECIAL[character] ?? character)
    .replaceAll(
      /[^\0-\x7f]/gu,
      (character) => `\\[u${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}]`,
    )
    .replaceAll(/^\./gm, '\\&.')

export const bold = (text: string): string => `\\fB${roff(text)}\\fR`
export const italic = (text: string): string => `\\fI${roff(text)}\\fR`

/** A line of words as it would be typed: flags and names in bold, what stands for something else in italics. */
export const typed = (line: string): string =>
  line.replaceAll(/[A-Z]{2,}|--?[a-z][a-z.-]*|[^A-Z-]+|./g, (word) => {
    if (/^[A-Z]{2,}$/.test(word)) return italic(word)
    return word.startsWith('-') ? bold(word) : roff(word)
  })

export const section = (title: string, body: readonly string[]): string =>
  body.length === 0 ? '' : `.SH ${title}\n${body.join('')}`

/** Text as help texts have it: paragraphs, in which indented lines are a term, three spaces or more, and what it means. */
export function paragraphs(text: string): string {
  return text
    .split('\n\n')
    .map((paragraph) => {
      const lines = paragraph.split('\n')
      const flowing = lines.filter((line) => !line.startsWith('  '))
      const terms = lines.flatMap((line) => {
        const [, term, meaning = ''] = /^ {2}(.+?)(?: {3,}(.*))?$/.exec(line) ?? []
        return term === undefined ? [] : [definition(bold(term), meaning)]
      })
      return `${flowing.length > 0 ? `.PP\n${roff(flowing.join('\n'))}\n` : ''}${terms.join('')}`
    })
    .join('')
}

/** Lines that keep their form. */
export const verbatim = (text: string): string => `.PP\n.EX\n${roff(text)}\n.EE\n`

/** A term, and behind or below it what it means. */
export const definition = (term: string, meaning: string): string => `.TP\n${term}\n${roff(meaning)}\n`
