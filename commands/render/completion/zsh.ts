// The completion script for zsh: a function to be found in fpath as _virtfs, or to be sourced behind compinit.

import {
  type CompletableCommand,
  type CompletableFlag,
  type Offer,
  programFlags,
  spellings,
  type Value,
} from './completable.js'

export function zshScript(commands: readonly CompletableCommand[]): string {
  const described = commands.map(({ name, summary }) => `        ${quoted(`${name}:${summary}`)}\n`)
  return `#compdef virtfs
# zsh completion for virtfs

_virtfs() {
  local context state state_descr line curcontext=$curcontext
  local -A opt_args
  _arguments -C \\
${programFlags.map((flag) => `    ${quoted(`(- *)--${flag.name}[${escaped(flag.summary)}]`)} \\\n`).join('')}    '1:command:->command' \\
    '*::argument:->argument'
  case $state in
    command)
      local -a commands=(
${described.join('')}      )
      _describe -t commands command commands
      ;;
    argument)
      case $words[1] in
${commands.map(commandCase).join('')}      esac
      ;;
  esac
}

if [[ $funcstack[1] == _virtfs ]]; then
  _virtfs "$@"
else
  compdef _virtfs virtfs
fi
`
}

function commandCase({ name, flags, operand }: CompletableCommand): string {
  const specifications = [
    ...flags.map((flag) => flagSpecification(flag, flags)),
    ...(operand === undefined ? [] : [operandOf(operand)]),
  ]
  return `        ${name})
          _arguments -s -S \\
            ${specifications.join(' \\\n            ')}
          ;;
`
}

/** As _arguments wants it: what is offered no more beside the flag, how it is spelt, what it is for, and its value. */
function flagSpecification(flag: CompletableFlag, all: readonly CompletableFlag[]): string {
  const { char, name, summary, value, isRepeatable } = flag
  const excluded = all.filter((other) => (other === flag ? !isRepeatable : flag.excludes.includes(other.name)))
  const before = `(${excluded.flatMap(spellings).join(' ')})${isRepeatable ? '*' : ''}`
  const behind = `[${escaped(summary)}]${value === undefined ? '' : `:${escaped(value.label)}:${action(value.offer)}`}`
  const long = value === undefined ? `--${name}` : `--${name}=`
  if (char === undefined) return quoted(`${before}${long}${behind}`)
  return `${quoted(before)}{-${char}${value === undefined ? '' : '+'},${long}}${quoted(behind)}`
}

const operandOf = ({ label, offer, isRepeatable }: Value & { readonly isRepeatable: boolean }): string =>
  quoted(`${isRepeatable ? '*' : '1'}:${escaped(label)}:${action(offer)}`)

function action(offer: Offer): string {
  if (offer === 'files') return '_files'
  if (offer === 'directories') return '_files -/'
  return offer === 'nothing' ? ' ' : `(${offer.words.join(' ')})`
}

const escaped = (text: string): string => text.replaceAll(/[\\[\]:]/g, '\\$&')
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`
