// The flags that choose the unit of sizes, GNU df's. Of several the last one counts, as with GNU's tools, so that an alias
// may have one.

import * as Flags from '@oclif/core/flags'
import { BINARY, DECIMAL, KIBIBYTES, MEBIBYTES, parseSizeUnit, type SizeUnit } from '../render/size-unit.js'

export const unitFlags = {
  'human-readable': Flags.boolean({ char: 'h', description: 'Sizes with a unit, in powers of 1024: 1.5G.' }),
  si: Flags.boolean({ char: 'H', description: 'Sizes with a unit, in powers of 1000.' }),
  kibibytes: Flags.boolean({ char: 'k', description: 'Sizes in blocks of 1024 bytes; so it is without a flag.' }),
  mebibytes: Flags.boolean({ char: 'm', description: 'Sizes in blocks of 1024 * 1024 bytes.' }),
  'block-size': Flags.string({
    char: 'B',
    description: 'Sizes in blocks of SIZE: 4096, M, 512K, 10MB. A unit alone is shown with each size.',
    helpValue: 'SIZE',
  }),
}

/** A part of a command line, as oclif's parser found it. */
interface Token {
  readonly type: string
  readonly flag?: string
  readonly input: string
}

const UNITS: Readonly<Record<keyof typeof unitFlags, (value: string) => SizeUnit>> = {
  'human-readable': () => BINARY,
  si: () => DECIMAL,
  kibibytes: () => KIBIBYTES,
  mebibytes: () => MEBIBYTES,
  'block-size': parseSizeUnit,
}

/** The unit that a command line asks for. */
export function unitOf(tokens: readonly Token[]): SizeUnit {
  let unit = KIBIBYTES
  for (const { type, flag, input } of tokens) {
    if (type === 'flag' && flag !== undefined && flag in UNITS) unit = UNITS[flag as keyof typeof unitFlags](input)
  }
  return unit
}
