// The completion script for bash, 4 and newer. It needs nothing of the bash-completion package.

import { type CompletableCommand, programFlags, spellings, type Value } from './completable.js'

export function bashScript(commands: readonly CompletableCommand[]): string {
  const words = [...commands.map(({ name }) => name), ...programFlags.flatMap(spellings)]
  return `# bash completion for virtfs

_virtfs() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} offered= flags= IFS=$' \\t\\n'
  # To bash, --flag=value is three words.
  if [[ $current == = ]]; then
    current=
  elif [[ $previous == = ]]; then
    previous=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  if ((COMP_CWORD == 1)); then
    offered='${words.join(' ')}'
  else
    # Behind -- there are no flags any more.
    local before=" \${COMP_WORDS[*]:1:COMP_CWORD-1} "
    if [[ $before == *' -- '* ]]; then
      previous=
    elif [[ $current == -* ]]; then
      flags=yes
    fi
    case \${COMP_WORDS[1]} in
${commands.map(commandCase).join('')}    esac
  fi
  COMPREPLY=($(compgen -W "$offered" -- "$current"))
}

complete -F _virtfs virtfs
`
}

function commandCase({ name, flags, operand }: CompletableCommand): string {
  const flagsByAction = new Map<string, string[]>()
  for (const flag of flags) {
    if (flag.value === undefined) continue
    const action = actionOf(flag.value)
    flagsByAction.set(action, [...(flagsByAction.get(action) ?? []), ...spellings(flag)])
  }
  const cases = [...flagsByAction].map(([action, spelt]) => `          ${spelt.join(' | ')}) ${action} ;;\n`)
  return `      ${name})
        case $previous in
${cases.join('')}          *)
            if [[ $flags ]]; then
              offered='${flags.flatMap(spellings).join(' ')}'
            else
              ${operand === undefined ? ':' : actionOf(operand)}
            fi
            ;;
        esac
        ;;
`
}

/** The names of files are left to bash, which knows how to quote them. */
function actionOf({ offer }: Value): string {
  if (offer === 'files') return 'compopt -o default'
  if (offer === 'directories') return 'compopt -o dirnames'
  return offer === 'nothing' ? ':' : `offered='${offer.words.join(' ')}'`
}
