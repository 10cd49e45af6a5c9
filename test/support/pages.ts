// What the project's pages tell their readers to type: commands, and mounts in every form that a page shows them in.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from './guest/project.js'

/** Where something stands: under which heading, and how far down the page. */
interface Place {
  readonly section: string
  readonly line: number
}

/** A command behind a prompt. */
export interface ShownCommand extends Place {
  /** As it is typed, lines that end in a backslash joined to those behind them. */
  readonly text: string
  /** What stands before the prompt: whose machine it is. */
  readonly machine: string
  /** `#` is root. */
  readonly prompt: '$' | '#'
  /** The lines that the page shows as its output. */
  readonly printed: readonly string[]
}

/** A mount of what is served: a command, a line of /etc/fstab, or an entry of NixOS's configuration. */
export interface ShownMount extends Place {
  readonly form: 'command' | 'fstab' | 'nixos'
  /** As it stands on the page. */
  readonly text: string
  readonly options: string
  readonly source: string
  readonly target: string
}

export interface Page {
  readonly text: string
  readonly blocks: readonly Block[]
  readonly commands: readonly ShownCommand[]
  readonly mounts: readonly ShownMount[]
}

/** The code between ``` and ```. */
export interface Block extends Place {
  readonly language: string
  readonly lines: readonly string[]
}

/** Reads a page of the project, by its path from the project's root. */
export function readPage(path: string): Page {
  const text = readFileSync(join(projectRoot, path), 'utf8')
  const blocks = blocksOf(text)
  const mounts = blocks.flatMap((block) => (block.language === 'nix' ? nixMounts(block) : plainMounts(block)))
  return { text, blocks, commands: blocks.flatMap(commandsOf), mounts }
}

function blocksOf(text: string): Block[] {
  const blocks: Block[] = []
  let section = ''
  let open: { language: string; line: number; lines: string[] } | undefined
  for (const [line, content] of text.split('\n').entries()) {
    const [, language] = /^```(.*)$/.exec(content) ?? []
    if (language === undefined) {
      if (open === undefined) section = /^##+ (.*)$/.exec(content)?.[1] ?? section
      else open.lines.push(content)
    } else if (open === undefined) open = { language, line: line + 1, lines: [] }
    else {
      blocks.push({ section, ...open })
      open = undefined
    }
  }
  return blocks
}

function commandsOf({ section, line, lines }: Block): ShownCommand[] {
  const commands: (ShownCommand & { text: string; readonly printed: string[] })[] = []
  let isUnfinished = false
  for (const [index, content] of lines.entries()) {
    const [, machine = '', prompt, text] = /^(\w*)([$#]) (.*)$/.exec(content) ?? []
    const last = commands.at(-1)
    if (isUnfinished && last !== undefined) last.text = last.text.replace(/\\$/, content.trim())
    else if (text !== undefined) {
      commands.push({ section, line: line + index, text, machine, prompt: prompt as '$' | '#', printed: [] })
    } else last?.printed.push(content)
    isUnfinished = content.endsWith('\\')
  }
  return commands
}

const mountCommand = /^(?:\w*# )?(mount -t 9p -o (\S+) (\S+) (\S+))$/
const fstabLine = /^((\S+)\s+(\S+)\s+9p\s+(\S+)\s+\d\s+\d)$/

function plainMounts({ section, line, lines }: Block): ShownMount[] {
  return lines.flatMap((content, index): ShownMount[] => {
    const place = { section, line: line + index }
    const [, command, ...ofCommand] = mountCommand.exec(content) ?? []
    if (command !== undefined) {
      const [options = '', source = '', target = ''] = ofCommand
      return [{ ...place, form: 'command', text: command, options, source, target }]
    }
    const [, entry, source = '', target = '', options = ''] = fstabLine.exec(content) ?? []
    return entry === undefined ? [] : [{ ...place, form: 'fstab', text: entry, options, source, target }]
  })
}

/** NixOS joins the options with commas, and writes a line of /etc/fstab. */
function nixMounts({ section, line, lines }: Block): ShownMount[] {
  const entries = lines.join('\n').matchAll(/^fileSystems\."([^"]+)" = \{\n([^]*?)\n\};$/gm)
  return Array.from(entries, ([text, target = '', body = '']): ShownMount => {
    const valueOf = (name: string): string => new RegExp(`^  ${name} = "([^"]*)";$`, 'm').exec(body)?.[1] ?? ''
    if (valueOf('fsType') !== '9p') throw new Error(`Cannot read "${text}": its fsType is not 9p`)
    const list = /^ {2}options = \[([^\]]*)\];$/m.exec(body)?.[1] ?? ''
    const options = Array.from(list.matchAll(/"([^"]*)"/g), ([, option]) => option).join(',')
    return { section, line, form: 'nixos', text, options, source: valueOf('device'), target }
  })
}
