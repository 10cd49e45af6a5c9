// `virtfs df`: how full the file systems of trees are, and who uses the trees.

import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import {
  Inspector,
  type NamingChoice,
  printable,
  type SecurityModel,
  securityModelOf,
  Selection,
  type Usage,
  usageKeys,
  usageOf,
  type UsageQuestion,
  utf8Of,
} from '../src/index.js'
import type { DfTree } from './render/df-file-systems.js'
import type { DfForm } from './render/df-form.js'
import { dfJson } from './render/df-json.js'
import { listed } from './render/entry-json.js'
import { type ArrangedUsage, arranged, sortings } from './render/df-rows.js'
import { BaseCommand } from './support/base-command.js'
import { inspectFlags, walkFlags } from './support/inspect-flags.js'
import { JsonListing } from './support/json-listing.js'
import { Progress } from './support/progress.js'
import { rawArguments } from './support/raw-arguments.js'
import { unitFlags, unitOf } from './support/unit-flags.js'

export default class Df extends BaseCommand {
  static override readonly summary = 'Show how full the file systems of trees are, and who uses the trees.'
  static override readonly description =
    "The first table is what a guest's df shows: the file system that holds each TREE, the exported directory. Then, for " +
    'each tree, who uses it, by owners as the guest has them: entries, apparent size, and space on the disk. What has ' +
    'several names counts once, holes do not count. What mapped-file keeps beside the entries is in a row of its own.'
  static override readonly usage =
    'df TREE... [--by user|group|type|top] [-h | -H | -k | -m | -B SIZE] [-i] [--total] [--sort usage|entries|name] ' +
    '[--limit N] [--no-usage] [--json]'
  static override readonly examples = [
    { description: 'Who uses a tree', command: '<%= config.bin %> df -h /srv/guest' },
    {
      description: 'The five largest directories in it',
      command: '<%= config.bin %> df -h --by top --limit 5 /srv/guest',
    },
    { description: 'How many inodes of each type', command: '<%= config.bin %> df -i --by type --total /srv/guest' },
    { description: 'The file system alone, at once', command: '<%= config.bin %> df --no-usage --json /srv/guest' },
  ]
  static override readonly enableJsonFlag = true
  static override readonly args = {
    tree: Args.string({ description: 'The exported directory.', required: true, multiple: true, ignoreStdin: true }),
  }
  static override readonly flags = {
    by: Flags.option({
      description: "By what the usage is told apart; top is by TREE's directories.",
      options: usageKeys,
      default: 'user',
    })(),
    ...unitFlags,
    inodes: Flags.boolean({ char: 'i', description: 'Inodes instead of bytes.' }),
    total: Flags.boolean({ description: 'A last line in each table, for all of it.' }),
    sort: Flags.option({
      description: 'The largest usage first, the most entries, or names in their order.',
      options: sortings,
      default: 'usage',
    })(),
    limit: Flags.integer({ description: 'No more rows of usage than so many.', helpValue: 'N', min: 1 }),
    'no-usage': Flags.boolean({ description: 'The file systems alone: nothing is walked through.' }),
    'security-model': inspectFlags['security-model'],
    names: inspectFlags.names,
    ...walkFlags('PATH'),
    json: Flags.boolean({ description: 'Print one JSON document.' }),
  }

  /** Names are bytes. */
  protected override async init(): Promise<void> {
    await super.init()
    this.argv = rawArguments(this.argv)
  }

  async run(): Promise<void> {
    const { args, flags, raw } = await this.parse(Df)
    const { by, limit, sort, inodes: isOfInodes, total: hasTotal, include = [], exclude = [], jobs, names } = flags
    const rules = { include, exclude }
    new Selection(rules)
    const isProgressWanted = !flags['no-progress'] && !flags['no-usage']
    const question = { by, rules, isOneFileSystem: flags['one-file-system'], jobs }
    const form: DfForm = { by, unit: unitOf(raw), isOfInodes, hasTotal, width: widthOf(process.stdout) }
    const model = securityModelOf(flags['security-model'])

    const trees: DfTree[] = []
    for (const path of args.tree) await this.attempt(path, () => trees.push(treeAt(path, model)))
    for (const tree of trees) this.reportUnfinished(tree)
    const document = this.jsonEnabled() ? new JsonListing('trees', (bytes) => this.write(bytes)) : undefined
    if (document === undefined && trees.length > 0) await this.showFileSystems(trees, form)
    for (const tree of trees) {
      if (!this.isHeard) return
      const usage = flags['no-usage']
        ? undefined
        : await this.attempt(tree.path, () => this.usage(tree, names, question, isProgressWanted))
      const shown = usage && arranged(usage, { sort, limit, isOfInodes })
      if (document !== undefined) document.add(listed(dfJson(tree, shown)))
      else if (shown !== undefined) await this.showUsage(shown, form, trees.length > 1 ? tree.path : undefined)
    }
    document?.end()
  }

  /** Does something for a tree, or reports why that cannot be done: there are others. */
  private async attempt<T>(path: string, action: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await action()
    } catch (cause) {
      this.reportRefusal('look at', path, cause)
      return undefined
    }
  }

  private async usage(
    { path, model }: DfTree,
    names: NamingChoice | undefined,
    question: UsageQuestion,
    isProgressWanted: boolean,
  ): Promise<Usage> {
    using inspector = new Inspector({ root: path, model, names })
    using progress = Progress.on(process.stderr, isProgressWanted)
    this.progress = progress
    const told = { ...question, progress: progress && ((visited: number) => progress.show(visited)) }
    return await usageOf(inspector, path, told, (at, error) => this.reportRefusal('look at', at, error))
  }

  private async showFileSystems(trees: readonly DfTree[], form: DfForm): Promise<void> {
    const { fileSystemsTable } = await import('./render/df-file-systems.js')
    this.write(fileSystemsTable(trees, form))
  }

  private async showUsage(usage: ArrangedUsage, form: DfForm, title: string | undefined): Promise<void> {
    const { usageTable } = await import('./render/df-usage.js')
    const heading = title === undefined ? '' : utf8Of(`${printable(title)}:\n`)
    this.write(`\n${heading}${usageTable(usage, form)}`)
  }
}

function treeAt(path: string, model: SecurityModel | undefined): DfTree {
  using inspector = new Inspector({ root: path, model, names: 'none' })
  return { ...inspector.fileSystem(path), dev: inspector.look(path, ({ host }) => host.dev) }
}

const widthOf = ({ isTTY, columns }: NodeJS.WriteStream): number | undefined => (isTTY ? columns : undefined)
