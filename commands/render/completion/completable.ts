// What shells can complete of the command line, from what the commands say of themselves.

import type { Command } from '@oclif/core/command'

/** What can be offered for a value: words, names of files or of directories, or nothing. */
export type Offer = { readonly words: readonly string[] } | 'files' | 'directories' | 'nothing'

export interface Value {
  /** What help texts call it, as in `--root TREE`. */
  readonly label: string
  readonly offer: Offer
}

export interface CompletableFlag {
  /** Without its dashes. */
  readonly name: string
  readonly char: string | undefined
  readonly summary: string
  /** Absent where the flag stands alone. */
  readonly value: Value | undefined
  /** Names of flags that cannot be given with it. */
  readonly excludes: readonly string[]
  readonly isRepeatable: boolean
}

export interface CompletableCommand {
  readonly name: string
  readonly summary: string
  readonly flags: readonly CompletableFlag[]
  /** What may stand behind the flags, and whether more than once. */
  readonly operand: (Value & { readonly isRepeatable: boolean }) | undefined
}

/** The flag as it is typed, the short form first. */
export const spellings = ({ name, char }: CompletableFlag): string[] => [
  ...(char === undefined ? [] : [`-${char}`]),
  `--${name}`,
]

/** What a value of each label is, where it is a name. */
const NAMES: Readonly<Record<string, Offer>> = {
  PATH: 'files',
  FILE: 'files',
  TREE: 'directories',
  DIR: 'directories',
}

/** Flags that oclif understands before any command. */
export const programFlags: readonly CompletableFlag[] = [
  alone('help', 'Show help'),
  alone('version', 'Show the version'),
]

/** The commands in the order of their names. */
export function completable(commands: readonly Command.Cached[]): CompletableCommand[] {
  return commands
    .filter(({ hidden }) => hidden !== true)
    .map((command) => ({
      name: command.id,
      summary: firstSentence(command.summary),
      flags: [...Object.values(command.flags).flatMap(flagsOf), alone('help', 'Show help')],
      operand: Object.values(command.args).map(operandOf)[0],
    }))
}

function flagsOf(flag: Command.Flag.Cached): CompletableFlag[] {
  if (flag.hidden === true) return []
  const described = {
    name: flag.name,
    char: flag.char,
    summary: firstSentence(flag.summary ?? flag.description),
    excludes: flag.exclusive ?? [],
    isRepeatable: flag.type === 'option' && flag.multiple === true,
    value: flag.type === 'option' ? valueOf(labelOf(flag), flag.options) : undefined,
  }
  const isDeniable = flag.type === 'boolean' && flag.allowNo === true
  return isDeniable ? [described, { ...described, name: `no-${flag.name}`, char: undefined }] : [described]
}

const labelOf = ({ name, helpValue }: { name: string; helpValue?: string | string[] }): string =>
  [helpValue ?? name.toUpperCase()].flat().join(' ')

function operandOf(arg: Command.Arg.Cached): Value & { readonly isRepeatable: boolean } {
  return { ...valueOf(arg.name.toUpperCase(), arg.options), isRepeatable: arg.multiple === true }
}

function valueOf(label: string, options: readonly string[] | undefined): Value {
  return { label, offer: options === undefined ? (NAMES[label] ?? 'nothing') : { words: options } }
}

function alone(name: string, summary: string): CompletableFlag {
  return { name, char: undefined, summary, value: undefined, excludes: [], isRepeatable: false }
}

/** Shells show a line beside each word: it ends where a second sentence would begin, without the full stop. */
const firstSentence = (text = ''): string => /^.*?(?=\.(?:\s|$)|$)/s.exec(text)?.[0].replaceAll(/\s+/g, ' ') ?? ''
