// Manual pages: one of the program, and one of each command, from what the commands say of themselves.

import type { Command } from '@oclif/core/command'
import { bold, definition, italic, paragraphs, roff, section, typed, verbatim } from './roff.js'

export interface Program {
  readonly version: string
  readonly description: string
}

/** As docs/cli.md promises them. */
const EXIT_STATUS = [
  ['0', 'Done.'],
  [
    '1',
    'Done, but something could not be looked at or changed, or was found to be wrong; each is named on standard error.',
  ],
  ['2', 'Wrong usage, or refused before anything was changed.'],
  ['3', 'Stopped by a disk that is full or fails, and can be resumed.'],
  ['130, 143', 'Ended by SIGINT or SIGTERM.'],
] as const

const ENVIRONMENT = [
  ['NO_COLOR', 'Help texts have no colours.'],
  ['FORCE_COLOR', 'Help texts have colours, also where no terminal shows them.'],
  ['SUDO_UID, SUDO_GID', 'To whom the files of a mapped tree will belong that root has virtfs convert make.'],
  ['XDG_RUNTIME_DIR', 'Where virtfs serve puts its socket if it is not told where to listen.'],
] as const

/** virtfs(1). */
export function programPage(program: Program, commands: readonly Command.Cached[]): string {
  const names = commands.map(({ id }) => `virtfs-${id}(1)`)
  return [
    heading('virtfs', program),
    section('NAME', [`virtfs \\- ${roff(asPhrase(program.description))}\n`]),
    section('SYNOPSIS', ['COMMAND [ARGUMENT]...', 'COMMAND --help', '--help', '--version'].map(synopsis)),
    section('DESCRIPTION', [
      paragraphs(
        'With the security models mapped-xattr and mapped-file, QEMU runs unprivileged and keeps the owners, modes and ' +
          'device numbers that a guest sees in user.virtfs.* attributes or in .virtfs_metadata files; symbolic links and ' +
          'devices are plain files on the host. virtfs shows and serves such trees as the guest sees them, and converts them.\n\n' +
          'Names are bytes: what is not printable UTF-8 is shown as \\xHH.',
      ),
    ]),
    section(
      'COMMANDS',
      commands.map(({ id, summary = '' }) => definition(`${bold(`virtfs-${id}`)}(1)`, summary)),
    ),
    exitStatus,
    section(
      'ENVIRONMENT',
      ENVIRONMENT.map(([name, meaning]) => definition(bold(name), meaning)),
    ),
    section('EXAMPLES', commands.flatMap((command) => examplesOf(command).slice(0, 1)).map(exampleText)),
    seeAlso([...names, 'qemu(1)', 'xattr(7)', 'mount(8)']),
  ].join('')
}

/** virtfs-COMMAND(1). `others` are the commands besides it. */
export function commandPage(program: Program, command: Command.Cached, others: readonly Command.Cached[]): string {
  const title = `virtfs-${command.id}`
  return [
    heading(title, program),
    section('NAME', [`${roff(title)} \\- ${roff(asPhrase(command.summary))}\n`]),
    section('SYNOPSIS', [command.usage ?? command.id].flat().map(synopsis)),
    section('DESCRIPTION', [paragraphs(command.description ?? '')]),
    section('ARGUMENTS', Object.values(command.args).map(argument)),
    section('OPTIONS', optionGroups(command)),
    exitStatus,
    section('EXAMPLES', examplesOf(command).map(exampleText)),
    seeAlso([
      'virtfs(1)',
      ...others.map(({ id }) => `virtfs-${id}(1)`),
      ...((command['seeAlso'] as readonly string[] | undefined) ?? []),
    ]),
  ].join('')
}

const heading = (title: string, { version }: Program): string =>
  `.TH ${roff(title.toUpperCase())} 1 "" "virtfs ${version}" "User Commands"\n.ad l\n.nh\n`

/** A summary as the NAME section has it: no sentence. */
const asPhrase = (text = ''): string =>
  text.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase()).replace(/\.$/, '')

const synopsis = (line: string): string => `.PP\n${bold('virtfs')} ${typed(line)}\n`

function argument({ name, description = '', options, multiple }: Command.Arg.Cached): string {
  return definition(`${italic(name.toUpperCase())}${multiple === true ? '...' : ''}`, withOptions(description, options))
}

/** Flags under the headings that help texts have; those without one come first. */
function optionGroups({ flags }: Command.Cached): string[] {
  const groups = new Map<string, string>([['', '']])
  for (const flag of Object.values(flags)) {
    if (flag.hidden === true) continue
    const group = flag.helpGroup ?? ''
    groups.set(group, `${groups.get(group) ?? ''}${option(flag)}`)
  }
  groups.set('', `${groups.get('')}${definition(bold('--help'), 'Show the same in short.')}`)
  return [...groups].map(([group, options]) => (group === '' ? options : `.SS ${roff(group)} FLAGS\n${options}`))
}

function option(flag: Command.Flag.Cached): string {
  const spelt = [...(flag.char === undefined ? [] : [`-${flag.char}`]), `--${flag.name}`].map(bold).join(', ')
  const description = flag.description ?? flag.summary ?? ''
  if (flag.type === 'boolean') return definition(spelt, description)
  const value = [flag.helpValue ?? flag.name.toUpperCase()].flat().join(' ')
  const ending = typeof flag.default === 'string' ? ` The default is ${flag.default}.` : ''
  return definition(`${spelt} ${italic(value)}`, `${withOptions(description, flag.options)}${ending}`)
}

/** A description that names every word which may be given. */
function withOptions(description: string, options: readonly string[] = []): string {
  const isNamed = options.every((word) => new RegExp(`(^|[^a-z-])${word}([^a-z-]|$)`).test(description))
  return isNamed ? description : `${description} One of ${options.join(', ')}.`
}

interface Example {
  readonly description: string
  readonly command: string
}

const examplesOf = ({ examples = [] }: Command.Cached): Example[] =>
  examples.map((shown) => (typeof shown === 'string' ? { description: '', command: shown } : shown))

function exampleText({ description, command }: Example): string {
  return `${paragraphs(`${description}:`)}${verbatim(`$ ${folded(command.replaceAll('<%= config.bin %>', 'virtfs'))}`)}`
}

/** What a terminal of 80 columns has room for behind the page's margin and the prompt. */
const COMMAND_WIDTH = 70

/** A command over as many lines as it needs, each but the first beginning with a flag. */
function folded(command: string): string {
  const [first = '', ...rest] = command.split(/ (?=--)/)
  const lines = [first]
  for (const part of rest) {
    const joined = `${lines.at(-1)} ${part}`
    if (joined.length > COMMAND_WIDTH) lines.push(`  ${part}`)
    else lines[lines.length - 1] = joined
  }
  return lines.join(' \\\n')
}

const exitStatus = section(
  'EXIT STATUS',
  EXIT_STATUS.map(([code, meaning]) => definition(bold(code), meaning)),
)

const seeAlso = (pages: readonly string[]): string =>
  section('SEE ALSO', [
    `${pages.map((page) => page.replace(/^(.*)(\(.*)$/, (_, name: string, volume: string) => `${bold(name)}${volume}`)).join(',\n')}\n`,
  ])
