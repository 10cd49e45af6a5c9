// `virtfs completion`: a script that teaches a shell to complete the command line.

import * as Args from '@oclif/core/args'
import { bashScript } from './render/completion/bash.js'
import { completable, type CompletableCommand } from './render/completion/completable.js'
import { fishScript } from './render/completion/fish.js'
import { zshScript } from './render/completion/zsh.js'
import { BaseCommand } from './support/base-command.js'

const scripts: Readonly<Record<string, (commands: readonly CompletableCommand[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
}

export default class Completion extends BaseCommand {
  static override readonly summary = 'Print a script that completes this program in a shell.'
  static override readonly description =
    'Prints what a shell needs to complete commands, flags, their values and the names of files. Where a package has not ' +
    'put these scripts in place already, a line in the file that the shell starts with is enough:\n\n' +
    '  ~/.bashrc                    source <(virtfs completion bash)\n' +
    '  ~/.zshrc, behind compinit    source <(virtfs completion zsh)\n' +
    '  ~/.config/fish/config.fish   virtfs completion fish | source'
  static override readonly usage = 'completion bash|zsh|fish'
  static override readonly examples = [
    { description: 'What bash would read', command: '<%= config.bin %> completion bash' },
  ]
  static override readonly seeAlso = ['bash(1)', 'zsh(1)', 'fish(1)']
  static override readonly args = {
    shell: Args.string({
      description: 'The shell that is to read it.',
      options: Object.keys(scripts),
      required: true,
      ignoreStdin: true,
    }),
  }

  async run(): Promise<void> {
    const { args } = await this.parse(Completion)
    const script = scripts[args.shell]
    if (script !== undefined) this.log(script(completable(this.config.commands)).trimEnd())
  }
}
