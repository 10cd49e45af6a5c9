// `npm run bench`: our server beside Debian's diod, the commands that look at trees beside getfattr and find, and conversions
// beside their system calls in C, each pair in the same run. docs/benchmarks.md says what each row means.

import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { measureConversions, measureLargeConversion } from './convert/measure.js'
import { conversionsJson, missedConversions, renderConversions } from './convert/report.js'
import { type Flags, parse, type Part, Refusal, USAGE } from './flags.js'
import { measureInspection } from './inspect/measure.js'
import { inspectionJson, missedInspection, renderInspection } from './inspect/report.js'
import { allowedProcessors } from './kernel.js'
import { type Lineup, measureGenerator, measureMemories, measureRows } from './measure.js'
import { missed, renderReport, type Report, toJson } from './report.js'
import { diodVersion, isDiodInstalled, startDiod, startVirtfs } from './servers.js'

const MISSING = 'diod is not installed ("apt-get install diod" on Debian)'

const say = (part: string): void => void process.stderr.write(`bench: ${part}\n`)

/** What a part gives to the report. */
interface Section {
  readonly text: string
  /** Members of the document. */
  readonly json: object
  /** Names of rows that miss their target. */
  readonly missed: readonly string[]
}

/** Measures a part on trees in a directory of its own. */
const measures: Readonly<Record<Part, (scratch: string, flags: Flags) => Promise<Section>>> = {
  serve: async (scratch, flags) => {
    const report = await measureServing(scratch, flags)
    return { text: renderReport(report), json: toJson(report), missed: missed(report) }
  },
  inspect: async (scratch, { entries }) => {
    const report = await measureInspection(scratch, entries, PROGRAM_ROUNDS, say)
    return {
      text: renderInspection(report),
      json: { inspect: inspectionJson(report) },
      missed: missedInspection(report),
    }
  },
  convert: async (scratch, { entries, large }) => {
    const report = {
      ...(await measureConversions(scratch, entries, PROGRAM_ROUNDS, say)),
      ...(large && { large: await measureLargeConversion(scratch, say) }),
    }
    return {
      text: renderConversions(report),
      json: { convert: conversionsJson(report) },
      missed: missedConversions(report),
    }
  },
}

/** Rounds of what goes through a whole tree: each takes seconds. */
const PROGRAM_ROUNDS = 5

async function measureServing(scratch: string, { rounds, files, ...flags }: Flags): Promise<Report> {
  const hasPeer = isDiodInstalled()
  if (!hasPeer) say(`${MISSING}: what follows has no ratios`)
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
}

async function measurePart(part: Part, flags: Flags): Promise<Section> {
  const scratch = mkdtempSync(join(flags.dir, 'virtfs-bench-'))
  try {
    return await measures[part](scratch, flags)
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
  const needsRoot = flags.parts.some((part) => part !== 'inspect')
  if (needsRoot && process.getuid?.() !== 0)
    throw new Refusal('Cannot measure as this user: passthrough is for root (run it as root, or with --only inspect)')
  if (flags.null && !isDiodInstalled()) throw new Refusal(`Cannot measure diod against itself: ${MISSING}`)
  const sections: Section[] = []
  for (const part of flags.parts) {
    if (part === 'serve' || !flags.null) sections.push(await measurePart(part, flags))
  }
  const document = Object.assign({ schema: 1 }, ...sections.map(({ json }) => json)) as object
  const text = sections.map((section) => section.text).join('\n\n')
  process.stdout.write(flags.json ? `${JSON.stringify(document, null, 2)}\n` : `${text}\n`)
  return flags.check && sections.some((section) => section.missed.length > 0) ? 1 : 0
}

function fail(thrown: unknown): number {
  process.stderr.write(`bench: ${thrown instanceof Error ? thrown.message : String(thrown)}
`)
  const isUsage = thrown instanceof TypeError && 'code' in thrown && String(thrown.code).startsWith('ERR_PARSE_ARGS')
  return thrown instanceof Refusal || isUsage ? 2 : 1
}

process.exitCode = await main().catch(fail)
