// Colours of names by what they name, as GNU ls has them and LS_COLORS changes them. Pure.

import { fileType } from '../../src/index.js'

/** Puts colours around `text`, which is how `name` (bytes) is shown; `mode` is undefined where it is not known. */
export type Paint = (text: string, name: string, mode: number | undefined) => string

export const plain: Paint = (text) => text

/** What dircolors(1) gives without a configuration: parameters of "Select Graphic Rendition", by LS_COLORS's keys. */
const USUAL: Readonly<Record<string, string>> = {
  rs: '0',
  di: '01;34',
  ln: '01;36',
  pi: '40;33',
  so: '01;35',
  bd: '40;33;01',
  cd: '40;33;01',
  or: '40;31;01',
  su: '37;41',
  sg: '30;43',
  st: '37;44',
  ow: '34;42',
  tw: '30;42',
  ex: '01;32',
}

const [SETUID, SETGID, STICKY, WRITABLE_BY_OTHERS, EXECUTABLE] = [0o4000, 0o2000, 0o1000, 0o002, 0o111]

/** A definition of LS_COLORS: a key or `*SUFFIX`, and parameters. */
const DEFINITION = /^(?:([a-z]{2})|\*(.+))=([0-9;]*)$/s
/** GNU takes these for "no colour". */
const NONE = /^0{0,2}$/

/** Paints as LS_COLORS (in bytes) says, and as usual where it says nothing. What it cannot mean is passed over. */
export function paintOf(lsColors: string): Paint {
  const colours = new Map(Object.entries(USUAL))
  const suffixes: { readonly suffix: string; readonly colour: string }[] = []
  for (const definition of lsColors.split(':')) {
    const [, key, suffix, colour = ''] = DEFINITION.exec(definition) ?? []
    if (key !== undefined) colours.set(key, colour)
    // Of several that fit, the last counts.
    if (suffix !== undefined) suffixes.unshift({ suffix, colour })
  }
  const reset = `\x1b[${colours.get('rs') ?? ''}m`
  const has = (key: string): boolean => !NONE.test(colours.get(key) ?? '')

  return (text, name, mode) => {
    const key = mode === undefined ? 'no' : keyOf(mode, has)
    const bySuffix = key === 'fi' ? colourBySuffix(suffixes, name) : undefined
    const colour = bySuffix ?? colours.get(has(key) ? key : 'no') ?? ''
    return NONE.test(colour) ? text : `\x1b[${colour}m${text}${reset}`
  }
}

/** The key of what has this mode, of those that have a colour. */
function keyOf(mode: number, has: (key: string) => boolean): string {
  const is = (bits: number, key: string): boolean => (mode & bits) !== 0 && has(key)
  switch (fileType(mode)) {
    case 'file':
      return is(SETUID, 'su') ? 'su' : is(SETGID, 'sg') ? 'sg' : is(EXECUTABLE, 'ex') ? 'ex' : 'fi'
    case 'directory':
      if ((mode & STICKY) !== 0 && is(WRITABLE_BY_OTHERS, 'tw')) return 'tw'
      return is(WRITABLE_BY_OTHERS, 'ow') ? 'ow' : is(STICKY, 'st') ? 'st' : 'di'
    case 'symlink':
      return 'ln'
    case 'fifo':
      return 'pi'
    case 'socket':
      return 'so'
    case 'char':
      return 'cd'
    case 'block':
      return 'bd'
    case 'unknown':
      return 'or'
  }
}

/** As it is written, or else whatever its case. */
function colourBySuffix(
  suffixes: readonly { readonly suffix: string; readonly colour: string }[],
  name: string,
): string | undefined {
  const lower = name.toLowerCase()
  const found =
    suffixes.find(({ suffix }) => name.endsWith(suffix)) ??
    suffixes.find(({ suffix }) => lower.endsWith(suffix.toLowerCase()))
  return found?.colour
}
