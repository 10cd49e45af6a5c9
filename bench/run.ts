// `npm run bench`: our server beside Debian's diod, and the commands that look at trees beside getfattr and find, each pair in
// the same run. docs/benchmarks.md says what each row means.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { allowedProcessors } from './kernel.js'
import { type MeasuredInspection, measureInspection } from './inspect/measure.js'
import { inspectionJson, missedInspection, renderInspection } from './inspect/report.js'
import { type Lineup, measureGenerator, measureMemories, measureRows } from './measure.js'
import { missed, renderReport, type Report, toJson } from './report.js'
import { diodVersion, isDiodInstalled, startDiod, startVirtfs } from './servers.js'

const parts = ['serve', 'inspect'] as const
type Part = (typeof parts)[number]

const USAGE = `Usage: npm run bench -- [--only PART] [--json] [--rounds N] [--files N] [--entries N] [--dir DIR] [--check] [--null]

  --only PART serve or inspect; both if not given
  --json      print one JSON document instead of the tables
  --rounds N  slices of each row on each server (default 101)
  --files N   files created before memory is read (default 100000)
  --entries N entries of the tree that is looked at (default VIRTFS_BENCH_ENTRIES, or 200000)
  --dir DIR   where the trees are made (default ${tmpdir()}); its file system must keep user xattrs
  --check     exit 1 where a target is missed
  --null      measure diod against itself: every ratio should be 1, and what differs is the harness's own error
`

const MISSING = 'diod is not installed ("apt-get install diod" on Debian)'

/** What keeps a run from starting; nothing was changed. */
class Refusal extends Error {}

function parse() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      entries: { type: 'string', default: process.env['VIRTFS_BENCH_ENTRIES'] ?? '200000' },
      json: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '101' },
      files: { type: 'string', default: '100000' },
      dir: { type: 'string', default: tmpdir() },
      check: { type: 'boolean', default: false },
      null: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  return {
    ...values,
    parts: parts.filter((part) => partOf(values.only) === undefined || part === values.only),
    rounds: count('--rounds', values.rounds),
    files: count('--files', values.files),
    entries: count('--entries', values.entries),
  }
}

function partOf(text: string | undefined): Part | undefined {
  const part = parts.find((one) => one === text)
  if (part !== undefined || text === undefined) return part
  throw new Refusal(`Cannot use "${text}" for --only: it takes ${parts.join(' or ')}`)
}

/** Files are named with seven digits. */
function count(flag: string, text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text)
  throw new Refusal(`Cannot use "${text}" for ${flag}: it takes a number from 1 to 9999999`)
}

const say = (part: string): void => void process.stderr.write(`bench: ${part}\n`)

/** Rounds of what goes through a whole tree: each takes seconds. */
const INSPECT_ROUNDS = 5

async function measureInspecting({ dir, entries }: ReturnType<typeof parse>): Promise<MeasuredInspection> {
  const scratch = mkdtempSync(join(dir, 'virtfs-bench-'))
  try {
    return await measureInspection(scratch, entries, INSPECT_ROUNDS, say)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

async function measureServing({ rounds, files, dir, ...flags }: ReturnType<typeof parse>): Promise<Report> {
  const hasPeer = isDiodInstalled()
  if (!hasPeer) process.stderr.write(`bench: ${MISSING}: what follows has no ratios\n`)
  const scratch = mkdtempSync(join(dir, 'virtfs-bench-'))
  try {
    const startPeer = (name: string, tree: string) => startDiod(scratch, name, tree)
    const startOurs: Lineup['startOurs'] = flags.null ? startPeer : (...on) => startVirtfs(scratch, ...on)
    const lineup: Lineup = { scratch, startOurs, ...(hasPeer && { startPeer }) }
    return {
      contestant: flags.null ? 'diod' : 'virtfs',
      ...(hasPeer && { peer: diodVersion() }),
      rounds,
      processors: allowedProcessors().length,
      generator: await measureGenerator(scratch),
      ...(await measureRows(lineup, rounds, say)),
      files,
      memory: await measureMemories(lineup, files, say),
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

async function main(): Promise<number> {
  const flags = parse()
  if (flags.help) {
    process.stdout.write(USAGE)
    return 0
  }
  if (process.platform !== 'linux')
    throw new Refusal('Cannot measure on this system: the programs compared are for Linux')
  const isServing = flags.parts.includes('serve')
  if (isServing && process.getuid?.() !== 0)
    throw new Refusal(
      'Cannot measure as this user: passthrough serves as root (run it as root, or with --only inspect)',
    )
  if (flags.null && !isDiodInstalled()) throw new Refusal(`Cannot measure diod against itself: ${MISSING}`)
  const serving = isServing ? await measureServing(flags) : undefined
  const inspecting = flags.parts.includes('inspect') && !flags.null ? await measureInspecting(flags) : undefined
  const texts = [serving && renderReport(serving), inspecting && renderInspection(inspecting)]
  const document = {
    schema: 1,
    ...(serving && toJson(serving)),
    ...(inspecting && { inspect: inspectionJson(inspecting) }),
  }
  const text = texts.filter((one) => one !== undefined).join('\n\n')
  process.stdout.write(flags.json ? `${JSON.stringify(document, null, 2)}\n` : `${text}\n`)
  const all = [...(serving ? missed(serving) : []), ...(inspecting ? missedInspection(inspecting) : [])]
  return flags.check && all.length > 0 ? 1 : 0
}

function fail(thrown: unknown): number {
  process.stderr.write(`bench: ${thrown instanceof Error ? thrown.message : String(thrown)}
`)
  const isUsage = thrown instanceof TypeError && 'code' in thrown && String(thrown.code).startsWith('ERR_PARSE_ARGS')
  return thrown instanceof Refusal || isUsage ? 2 : 1
}

process.exitCode = await main().catch(fail)
