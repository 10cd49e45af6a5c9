// Real shells that are asked what they would offer at the end of a line.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

export type ShellName = 'bash' | 'zsh' | 'fish'

/** What a shell is started with. */
export interface Surroundings {
  /** The command that makes it read a completion script. */
  readonly reading: string
  /** Where it is, its home, and where its settings are written. */
  readonly directory: string
  /** Where it finds programs. */
  readonly path: string
}

/** A shell that has read a completion script of the program's. */
export interface CompletingShell extends Disposable {
  /** The words that it offers in place of the last one of `line`, sorted; that word itself where it offers nothing. */
  offered(line: string): Promise<readonly string[]>
}

/** Tells what the shell made of a line, which it was asked to fill with all words that it offers. */
const ECHO = "virtfs() { printf '<%s>' \"$@\"; echo '[done]'; }"
/** ECHO's answer, with all the words. */
const ANSWER = /^((?:<[^>]*>)*)\[done\]/m

interface Terminal {
  /** What starts the shell, without its user's own settings. */
  readonly command: string
  /** Settings of its own. */
  readonly settings: string
  /** Puts all the words that it offers into the line. */
  readonly key: string
}

const terminals: Readonly<Record<'bash' | 'zsh', Terminal>> = {
  bash: { command: 'bash --norc --noprofile -i', settings: '', key: '\x1b*' },
  zsh: {
    command: 'zsh -f -i',
    settings: `
      autoload -Uz compinit && compinit -D -u
      zle -C all-words complete-word _generic
      bindkey '^Xa' all-words
      zstyle ':completion:all-words:*' completer _all_matches _complete
      zstyle ':completion:all-words:*' insert true`,
    key: '\x18a',
  },
}

/** bash and zsh complete on a terminal only: this is one, made by script(1). */
class ShellOnTerminal implements CompletingShell {
  private screen = ''
  private awaits: (() => void) | undefined

  private constructor(
    private readonly child: ChildProcess,
    private readonly key: string,
  ) {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.screen += text
      this.awaits?.()
    })
  }

  static async start({ command, settings, key }: Terminal, surroundings: Surroundings): Promise<ShellOnTerminal> {
    const { reading, directory } = surroundings
    const file = join(directory, '.settings')
    writeFileSync(file, [settings, reading, ECHO].join('\n'))
    const options = { ...placeOf(surroundings), stdio: ['pipe', 'pipe', 'inherit'] as ['pipe', 'pipe', 'inherit'] }
    const started = new ShellOnTerminal(spawn('script', ['-qfec', command, '/dev/null'], options), key)
    await started.answer(`source ${file}; virtfs ready\n`)
    return started
  }

  async offered(line: string): Promise<readonly string[]> {
    const words = await this.answer(`${line}${this.key}\n`)
    return words.slice(line.split(' ').length - 2).sort()
  }

  private answer(typed: string): Promise<string[]> {
    this.screen = ''
    return new Promise((resolve) => {
      this.awaits = () => {
        const [, words] = ANSWER.exec(this.screen) ?? []
        if (words !== undefined) resolve(Array.from(words.matchAll(/<([^>]*)>/g), ([, word = '']) => word))
      }
      this.child.stdin?.write(typed)
    })
  }

  [Symbol.dispose](): void {
    this.child.kill('SIGKILL')
  }
}

/** fish has a command for it. */
class Fish implements CompletingShell {
  constructor(private readonly surroundings: Surroundings) {}

  offered(line: string): Promise<readonly string[]> {
    const script = `${this.surroundings.reading}; complete -C $argv[1]`
    const options = { ...placeOf(this.surroundings), encoding: 'utf8' as const }
    const printed = execFileSync('fish', ['--no-config', '-c', script, line], options)
    const words = printed.split('\n').flatMap((offer) => offer.split('\t')[0] || [])
    return Promise.resolve(words.length > 0 ? words.sort() : line.split(' ').slice(-1))
  }

  [Symbol.dispose](): void {}
}

const placeOf = ({ directory, path }: Surroundings) => ({
  cwd: directory,
  // bash would write down what was typed when its terminal is taken away.
  env: { PATH: path, HOME: directory, TERM: 'dumb', LC_ALL: 'C.UTF-8', HISTFILE: '' },
})

export async function completingShell(name: ShellName, surroundings: Surroundings): Promise<CompletingShell> {
  return name === 'fish' ? new Fish(surroundings) : ShellOnTerminal.start(terminals[name], surroundings)
}
