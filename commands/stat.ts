// `virtfs stat`: objects of a tree as the guest sees them.

import { Args, Flags } from '@oclif/core'
import {
  type Directives,
  type Entry,
  entryDirectives,
  ErrnoError,
  type FileSystemEntry,
  fileSystemDirectives,
  Inspector,
  modelAliases,
  parseFormat,
  parsePrintf,
  printable,
  type Problem,
  securityModelOf,
  securityModels,
  UsageError,
  utf8Of,
} from '../src/index.js'
import { entryJson, fileSystemJson } from './render/entry-json.js'
import { entryBlock, FILE_SYSTEM_TERSE, fileSystemBlock, TERSE } from './render/entry-text.js'
import { cannot } from './support/advice.js'
import { BaseCommand, SCHEMA } from './support/base-command.js'
import { rawArguments } from './support/raw-arguments.js'

const AUTO = 'auto'

export default class Stat extends BaseCommand {
  static override readonly summary = 'Show files as the guest sees them.'
  static override readonly description =
    "Shows owner, mode, type and device number as the guest has them, with the host's own values where they differ, " +
    "where each value is kept, and what is wrong with it. PATH is a path on this host; symlinks are the guest's and " +
    'lead nowhere outside the tree.\n\n' +
    'Sequences of --format and --printf are those of GNU stat, and:\n' +
    '  %{host:u} %{host:g} %{host:a} %{host:F}   what the host has\n' +
    '  %{source:u} %{source:g} %{source:a} %{source:rdev}   xattr, sidecar or inode\n' +
    '  %{model}   the security model'
  static override readonly usage =
    'stat PATH... [-c FORMAT | --printf FORMAT | -t | --json | --jsonl] [-f] [-L] [--root TREE] [--security-model MODEL]'
  static override readonly examples = [
    {
      description: 'A file of a tree, and where its owner is kept',
      command: '<%= config.bin %> stat /srv/guest/etc/shadow',
    },
    {
      description: 'Mode and owner, for a script',
      command: "<%= config.bin %> stat -c '%a %u:%g %n' /srv/guest/bin/*",
    },
    {
      description: "The guest's and the host's owner side by side",
      command: "<%= config.bin %> stat -c '%u %{host:u} %n' FILE",
    },
    { description: 'Everything, for a program', command: '<%= config.bin %> stat --json /srv/guest/dev/console' },
  ]
  static override readonly enableJsonFlag = true
  static override readonly args = {
    path: Args.string({ description: 'What to show.', required: true, multiple: true, ignoreStdin: true }),
  }
  static override readonly flags = {
    format: Flags.string({
      char: 'c',
      description: 'Print this for each file, then a newline.',
      helpValue: 'FORMAT',
      exclusive: ['printf', 'terse', 'json', 'jsonl'],
    }),
    printf: Flags.string({
      description: 'As --format, with backslash escapes and no newline.',
      helpValue: 'FORMAT',
      exclusive: ['format', 'terse', 'json', 'jsonl'],
    }),
    terse: Flags.boolean({ char: 't', description: 'One line a file.', exclusive: ['json', 'jsonl'] }),
    'file-system': Flags.boolean({
      char: 'f',
      description: "Show the file system instead, as a client's statfs does.",
    }),
    dereference: Flags.boolean({ char: 'L', description: 'Follow symlinks, never out of the tree.' }),
    root: Flags.string({ description: 'The exported directory; found from PATH if not given.', helpValue: 'TREE' }),
    'security-model': Flags.option({
      description: 'How the tree keeps ownership: mapped-xattr (or mapped), mapped-file, passthrough, none, or auto.',
      helpValue: 'MODEL',
      options: [AUTO, ...securityModels, ...Object.keys(modelAliases)],
      default: AUTO,
    })(),
    json: Flags.boolean({ description: 'Print one JSON document.', exclusive: ['jsonl'] }),
    jsonl: Flags.boolean({ description: 'Print one JSON object a line.', exclusive: ['json'] }),
  }

  /** Names are bytes, and so is everything else that is typed with them. */
  protected override async init(): Promise<void> {
    await super.init()
    this.argv = rawArguments(this.argv)
  }

  async run(): Promise<object> {
    const { args, flags } = await this.parse(Stat)
    const { root, dereference } = flags
    using inspector = new Inspector({ root, model: securityModelOf(flags['security-model']) })
    const entries = flags['file-system']
      ? this.show(args.path, fileSystems, flags, (path) => inspector.fileSystem(path))
      : this.show(args.path, files, flags, (path) => inspector.entry(path, dereference))
    return { schema: SCHEMA, entries }
  }

  /** Prints every subject as it is found, or under --json returns them all. */
  private show<T>(paths: readonly string[], kind: Kind<T>, wanted: Wanted, look: (path: string) => T): object[] {
    const render = rendererOf(kind, wanted)
    const document: object[] = []
    for (const path of paths) {
      try {
        const subject = look(path)
        if (this.jsonEnabled()) document.push(kind.json(subject))
        else this.write(render(subject))
        for (const { code, sentence } of kind.problems(subject))
          this.report(`"${printable(path)}": ${code} (${sentence})`)
      } catch (cause) {
        if (cause instanceof UsageError) this.report(cause.message)
        else if (cause instanceof ErrnoError) this.report(cannot('stat', path, cause))
        else throw cause
      }
    }
    return document
  }
}

/** What is shown: objects, or the file systems that hold them. */
interface Kind<T> {
  readonly directives: Directives<T>
  readonly terse: string
  readonly block: (subject: T) => string
  readonly json: (subject: T) => object
  readonly problems: (subject: T) => readonly Problem[]
}

const files: Kind<Entry> = {
  directives: entryDirectives,
  terse: TERSE,
  block: entryBlock,
  json: entryJson,
  problems: ({ problems }) => problems,
}

const fileSystems: Kind<FileSystemEntry> = {
  directives: fileSystemDirectives,
  terse: FILE_SYSTEM_TERSE,
  block: fileSystemBlock,
  json: fileSystemJson,
  problems: () => [],
}

interface Wanted {
  readonly format?: string | undefined
  readonly printf?: string | undefined
  readonly terse: boolean
  readonly jsonl: boolean
}

function rendererOf<T>(kind: Kind<T>, { format, printf, terse, jsonl }: Wanted): (subject: T) => string {
  if (printf !== undefined) return parsePrintf(printf, kind.directives)
  const line = terse ? kind.terse : format
  if (line !== undefined) {
    const filled = parseFormat(line, kind.directives)
    return (subject) => `${filled(subject)}\n`
  }
  return jsonl ? (subject) => utf8Of(`${JSON.stringify(kind.json(subject))}\n`) : kind.block
}
