// The completion script for fish.

import { type CompletableCommand, type CompletableFlag, type Offer, programFlags, type Value } from './completable.js'

export function fishScript(commands: readonly CompletableCommand[]): string {
  return `# fish completion for virtfs

function __virtfs_command -d 'Whether the command is $argv[1]; without one, whether it is yet to come'
  set -l words (commandline -opc)
  test "$words[2]" = "$argv[1]"
end

complete -c virtfs -f
${programFlags.map((flag) => line('__virtfs_command', flagOptions(flag), flag.summary)).join('')}${commands
    .map(({ name, summary }) => line('__virtfs_command', `-a ${name}`, summary))
    .join('')}${commands.map(commandLines).join('')}`
}

function commandLines({ name, flags, operand }: CompletableCommand): string {
  const condition = `__virtfs_command ${name}`
  const lines = flags.map((flag) => line(condition, flagOptions(flag), flag.summary))
  return `\n${lines.join('')}${operand === undefined ? '' : operandLine(condition, operand)}`
}

function operandLine(condition: string, { offer }: Value): string {
  if (offer === 'nothing') return ''
  return line(condition, offer === 'files' ? '-F' : argumentsOf(offer))
}

function flagOptions({ name, char, value }: CompletableFlag): string {
  const spelt = `${char === undefined ? '' : `-s ${char} `}-l ${name}`
  if (value === undefined) return spelt
  if (value.offer === 'files') return `${spelt} -r -F`
  return value.offer === 'nothing' ? `${spelt} -x` : `${spelt} -x ${argumentsOf(value.offer)}`
}

const argumentsOf = (offer: Exclude<Offer, 'files' | 'nothing'>): string =>
  offer === 'directories' ? "-a '(__fish_complete_directories)'" : `-a '${offer.words.join(' ')}'`

const line = (condition: string, options: string, summary?: string): string =>
  `complete -c virtfs -n ${quoted(condition)} ${options}${summary === undefined ? '' : ` -d ${quoted(summary)}`}\n`

const quoted = (text: string): string => `'${text.replaceAll(/[\\']/g, '\\$&')}'`
