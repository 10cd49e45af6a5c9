// `virtfs stat`: objects of a tree as the guest sees them.

import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { Inspector, renderBelow, securityModelOf, Selection, type SelectionRules } from '../src/index.js'
import { listed, treeJson } from './render/entry-json.js'
import { createRenderer, fileSystemRenderer, type Form } from './render/entry-renderer.js'
import { BaseCommand } from './support/base-command.js'
import { inspectFlags, walkFlags } from './support/inspect-flags.js'
import { JsonListing } from './support/json-listing.js'
import { Progress } from './support/progress.js'
import { rawArguments } from './support/raw-arguments.js'

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
    'stat PATH... [-c FORMAT | --printf FORMAT | -t | --json | --jsonl] [-f | -R] [-L] [--root TREE] [--security-model MODEL]'
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
      command: "<%= config.bin %> stat -c '%u %{host:u} %n' /srv/guest/etc/passwd",
    },
    { description: 'Everything, for a program', command: '<%= config.bin %> stat --json /srv/guest/dev/console' },
    {
      description: 'Every set-user-id file of a tree',
      command: '<%= config.bin %> stat -R --jsonl /srv/guest | jq -r \'select(.mode >= "4000") | .path\'',
    },
    {
      description: 'Owners below a directory, without what is under version control',
      command: "<%= config.bin %> stat -R -c '%u:%g %n' --exclude .git /srv/guest/home",
    },
  ]
  static override readonly enableJsonFlag = true
  static override readonly seeAlso = ['stat(1)', 'getfattr(1)', 'xattr(7)']
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
    recursive: Flags.boolean({
      char: 'R',
      description: 'Show what is below each directory, too, in the order in which the host lists it.',
      exclusive: ['file-system'],
    }),
    ...inspectFlags,
    ...walkFlags('PATH'),
    json: Flags.boolean({ description: 'Print one JSON document.', exclusive: ['jsonl'] }),
    jsonl: Flags.boolean({ description: 'Print one JSON object a line.', exclusive: ['json'] }),
  }

  /** Names are bytes, and so is everything else that is typed with them. */
  protected override async init(): Promise<void> {
    await super.init()
    this.argv = rawArguments(this.argv)
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Stat)
    const { root, names } = flags
    const form: Form = { ...flags, json: this.jsonEnabled() }
    const document = form.json === true ? new JsonListing('entries', (bytes) => this.write(bytes)) : undefined
    const show: Show = (bytes) => (document === undefined ? this.write(bytes) : document.add(bytes))
    using inspector = new Inspector({ root, names, model: securityModelOf(flags['security-model']) })
    if (flags['file-system']) this.showFileSystems(args.path, inspector, form, show)
    else await this.showEntries(args.path, inspector, flags, form, show)
    for (const tree of inspector.trees) this.reportUnfinished(tree)
    document?.end({ trees: inspector.trees.map((tree) => listed(treeJson(tree))) })
  }

  private showFileSystems(paths: readonly string[], inspector: Inspector, form: Form, show: Show): void {
    const render = fileSystemRenderer(form)
    for (const path of paths) this.attempt(path, () => show(render(inspector.fileSystem(path))))
  }

  private async showEntries(
    paths: readonly string[],
    inspector: Inspector,
    { include = [], exclude = [], jobs, recursive, dereference, ...flags }: Wanted,
    form: Form,
    show: Show,
  ): Promise<void> {
    const rules: SelectionRules = { include, exclude }
    const renderer = createRenderer(form)
    const source = { module: new URL('./render/entry-renderer.js', import.meta.url).href, options: form }
    new Selection(rules)
    // What is printed to a terminal shows by itself how far it is.
    using progress = Progress.on(process.stderr, recursive && !flags['no-progress'] && !process.stdout.isTTY)
    this.progress = progress
    for (const path of paths) {
      const isShown = this.attempt(path, () => {
        const entry = inspector.entry(path, dereference)
        if (rules.include.length === 0) show(renderer.entry(entry))
        for (const line of renderer.complaints(entry)) this.report(line)
      })
      if (!isShown || !recursive) continue
      const purpose = {
        rules,
        isOneFileSystem: flags['one-file-system'],
        jobs,
        progress: progress && ((visited: number) => progress.show(visited)),
      }
      for await (const { text, complaints } of renderBelow(inspector, path, source, purpose)) {
        show(text)
        for (const line of complaints) this.report(line)
        await this.drained()
        if (!this.isHeard) return
      }
    }
  }

  /** Does what concerns one path; where it cannot be done, says so, and the command goes on. */
  private attempt(path: string, action: () => void): boolean {
    try {
      action()
      return true
    } catch (cause) {
      this.reportRefusal('stat', path, cause)
      return false
    }
  }
}

type Show = (bytes: Uint8Array | string) => void

interface Wanted {
  readonly include: readonly string[] | undefined
  readonly exclude: readonly string[] | undefined
  readonly jobs: number | undefined
  readonly recursive: boolean
  readonly dereference: boolean
  readonly 'one-file-system': boolean
  readonly 'no-progress': boolean
}
