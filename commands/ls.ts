// `virtfs ls`: directories of a tree as the guest sees them.

import { setImmediate } from 'node:timers/promises'
import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import {
  Inspector,
  type Listing,
  type ListingOptions,
  type ListingOrder,
  listings,
  securityModelOf,
  utf8Of,
} from '../src/index.js'
import { listed, treeJson } from './render/entry-json.js'
import { paintOf, plain } from './render/ls-colours.js'
import { allPieces, entryForm, headedPieces, type ListingForm, longForm, nameForm } from './render/ls-text.js'
import { BaseCommand } from './support/base-command.js'
import { colourChoices, hasColours } from './support/colour.js'
import { inspectFlags } from './support/inspect-flags.js'
import { JsonListing } from './support/json-listing.js'
import { rawArguments } from './support/raw-arguments.js'

const HERE = '.'
const DEFAULT_WIDTH = 80
/** Characters that are printed at once. */
const CHUNK = 65_536

/** Flags that set the order; as in GNU ls, the last one counts. */
const ORDERS: Readonly<Record<string, ListingOrder>> = { 'sort-time': 'time', 'sort-size': 'size' }

export default class Ls extends BaseCommand {
  static override readonly summary = 'List directories as the guest sees them.'
  static override readonly description =
    "Lists what directories hold as GNU ls would inside the guest: with the guest's owners, modes, types and device " +
    'numbers, in the same columns. PATH is a path on this host, the current directory if not given; symlinks are the ' +
    "guest's and lead nowhere outside the tree. On a terminal, names stand side by side."
  static override readonly usage =
    'ls [PATH...] [-l | -n | -1 | --json | --jsonl] [-a] [-d | -R] [-h] [-t | -S] [-r] [--color WHEN] [--root TREE] ' +
    '[--security-model MODEL] [--names WHOSE]'
  static override readonly examples = [
    { description: 'Who owns what in a tree', command: '<%= config.bin %> ls -l /srv/guest' },
    {
      description: "All of it, with the guest's ids as numbers",
      command: '<%= config.bin %> ls -lanR /srv/guest',
    },
    { description: 'The largest files first', command: '<%= config.bin %> ls -lhS /srv/guest/var/log' },
    {
      description: 'For a program',
      command: '<%= config.bin %> ls --jsonl /srv/guest/home | jq -r .path',
    },
  ]
  static override readonly enableJsonFlag = true
  static override readonly args = {
    path: Args.string({ description: 'What to list.', multiple: true, ignoreStdin: true }),
  }
  static override readonly flags = {
    long: Flags.boolean({ char: 'l', description: 'Mode, links, owner, group, size and time before each name.' }),
    all: Flags.boolean({ char: 'a', description: 'Names that begin with a dot, too.' }),
    recursive: Flags.boolean({ char: 'R', description: 'What is below each directory, too.' }),
    directory: Flags.boolean({ char: 'd', description: 'Directories themselves, not what they hold.' }),
    numeric: Flags.boolean({ char: 'n', description: 'As -l, with owners as numbers.' }),
    'human-readable': Flags.boolean({ char: 'h', description: 'With -l: sizes like 4.0K and 12M, rounded up.' }),
    'sort-time': Flags.boolean({ char: 't', description: 'Latest modification first.' }),
    'sort-size': Flags.boolean({ char: 'S', description: 'Largest first.' }),
    reverse: Flags.boolean({ char: 'r', description: 'The order turned round.' }),
    'one-per-line': Flags.boolean({
      // The parser takes any character, though its types know letters only.
      char: '1' as 'l',
      description: 'One name a line on terminals, too.',
    }),
    color: Flags.option({
      description: 'Colours: auto (on terminals), always (also if no WHEN is given) or never.',
      helpValue: 'WHEN',
      options: colourChoices,
      default: 'auto',
    })(),
    ...inspectFlags,
    json: Flags.boolean({ description: 'Print one JSON document.', exclusive: ['jsonl'] }),
    jsonl: Flags.boolean({ description: 'Print one JSON object a line.', exclusive: ['json'] }),
  }

  private pending = ''
  private document: JsonListing | undefined

  /** Names are bytes. A flag whose value may be left out is unknown to the parser. */
  protected override async init(): Promise<void> {
    await super.init()
    const end = this.argv.indexOf('--')
    this.argv = rawArguments(this.argv).map((argument, index) =>
      argument === '--color' && (end === -1 || index < end) ? '--color=always' : argument,
    )
  }

  async run(): Promise<void> {
    const { args, flags, raw } = await this.parse(Ls)
    const { root, names } = flags
    const paths = args.path ?? [HERE]
    const options: Omit<ListingOptions<never>, 'look'> = {
      order: raw.map((token) => (token.type === 'flag' ? ORDERS[token.flag] : undefined)).findLast(isGiven) ?? 'name',
      isReversed: flags.reverse,
      showsAll: flags.all,
      isRecursive: flags.recursive,
      listsDirectories: flags.directory,
      followsOperands: !isLong(flags) && !flags.directory,
      failed: (path, error) => {
        // Each line where it belongs, on a terminal that shows both streams.
        this.flush()
        this.reportRefusal('list', path, error)
      },
    }
    using inspector = new Inspector({ root, names, model: securityModelOf(flags['security-model']) })
    const list: List = ({ look }) => listings(inspector, paths, { ...options, look })
    const json = this.jsonEnabled()
    if (json) this.document = new JsonListing('entries', (bytes) => this.write(bytes))
    const isHeaded = flags.recursive || paths.length > 1
    await this.print(json || flags.jsonl ? jsonPieces(list, { json }) : textPieces(list, flags, isHeaded))
    for (const tree of inspector.trees) this.reportUnfinished(tree)
    this.document?.end({ trees: inspector.trees.map((tree) => listed(treeJson(tree))) })
  }

  /** Prints pieces (bytes), many at once. */
  private async print(pieces: Iterable<string>): Promise<void> {
    for (const piece of pieces) {
      this.pending += piece
      if (this.pending.length < CHUNK) continue
      this.flush()
      await this.drained()
      // It takes a turn to learn that nobody is listening any more.
      await setImmediate()
      if (!this.isHeard) return
    }
    this.flush()
  }

  private flush(): void {
    if (this.pending === '') return
    if (this.document === undefined) this.write(this.pending)
    else this.document.add(this.pending)
    this.pending = ''
  }
}

/** Lists, and finds out about each object what a form shows of it. */
type List = <T>(form: ListingForm<T>) => Iterable<Listing<T>>

interface Wanted {
  readonly long: boolean
  readonly numeric: boolean
  readonly 'human-readable': boolean
  readonly 'one-per-line': boolean
  readonly color: (typeof colourChoices)[number]
}

const isLong = ({ long, numeric }: Pick<Wanted, 'long' | 'numeric'>): boolean => long || numeric

/** ENTRY objects: elements of a document, or one a line. */
function jsonPieces(list: List, { json }: { readonly json: boolean }): Iterable<string> {
  const form = entryForm({ json, jsonl: !json })
  return allPieces(list(form), form)
}

function textPieces(list: List, flags: Wanted, isHeaded: boolean): Iterable<string> {
  const isColoured = hasColours(flags.color, process.stdout, process.env)
  const paint = isColoured ? paintOf(utf8Of(process.env['LS_COLORS'] ?? '')) : plain
  if (isLong(flags)) {
    const now = Date.now() / 1000
    const form = longForm({ isHuman: flags['human-readable'], isNumeric: flags.numeric, paint, now })
    return headedPieces(list(form), form, isHeaded)
  }
  const form = nameForm(paint, flags['one-per-line'] ? undefined : lineWidth())
  return headedPieces(list(form), form, isHeaded)
}

const isGiven = (order: ListingOrder | undefined): order is ListingOrder => order !== undefined

/** The columns of the terminal; undefined where there is none. */
function lineWidth(): number | undefined {
  if (!process.stdout.isTTY) return undefined
  const { columns } = process.stdout
  const told = Number(process.env['COLUMNS'])
  return columns > 0 ? columns : Number.isInteger(told) && told > 0 ? told : DEFAULT_WIDTH
}
