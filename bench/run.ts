// `npm run bench`: our server beside Debian's diod, in the same run. docs/benchmarks.md says what each row means.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { allowedProcessors } from './kernel.js'
import { type Lineup, measureGenerator, measureMemories, measureRows } from './measure.js'
import { missed, renderReport, type Report, toJson } from './report.js'
import { diodVersion, isDiodInstalled, startDiod, startVirtfs } from './servers.js'

const USAGE = `Usage: npm run bench -- [--json] [--rounds N] [--files N] [--dir DIR] [--check] [--null]

  --json      print one JSON document instead of the tables
  --rounds N  slices of each row on each server (default 101)
  --files N   files created before memory is read (default 100000)
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
      json: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '101' },
      files: { type: 'string', default: '100000' },
      dir: { type: 'string', default: tmpdir() },
      check: { type: 'boolean', default: false },
      null: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  return { ...values, rounds: count('--rounds', values.rounds), files: count('--files', values.files) }
}

/** Files are named with seven digits. */
function count(flag: string, text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text)
  throw new Refusal(`Cannot use "${text}" for ${flag}: it takes a number from 1 to 9999999`)
}

async function run({ rounds, files, dir, ...flags }: ReturnType<typeof parse>): Promise<Report> {
  const hasPeer = isDiodInstalled()
  if (!hasPeer) process.stderr.write(`bench: ${MISSING}: what follows has no ratios\n`)
  const say = (part: string): void => void process.stderr.write(`bench: ${part}\n`)
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
    throw new Refusal('Cannot measure on this system: the servers compared are for Linux')
  if (process.getuid?.() !== 0)
    throw new Refusal('Cannot measure as this user: passthrough serves as root (run it as root)')
  if (flags.null && !isDiodInstalled()) throw new Refusal(`Cannot measure diod against itself: ${MISSING}`)
  const report = await run(flags)
  process.stdout.write(flags.json ? `${JSON.stringify(toJson(report), null, 2)}\n` : `${renderReport(report)}\n`)
  return flags.check && missed(report).length > 0 ? 1 : 0
}

function fail(thrown: unknown): number {
  process.stderr.write(`bench: ${thrown instanceof Error ? thrown.message : String(thrown)}
`)
  const isUsage = thrown instanceof TypeError && 'code' in thrown && String(thrown.code).startsWith('ERR_PARSE_ARGS')
  return thrown instanceof Refusal || isUsage ? 2 : 1
}

process.exitCode = await main().catch(fail)
