// `virtfs convert`: a tree, from the way in which one security model keeps ownership to that of another.

import * as Args from '@oclif/core/args'
import {
  bytesOf,
  Conversion,
  type ConversionRequest,
  keepLittleGarbage,
  type Outcome,
  type Plan,
  printable,
  UsageError,
} from '../src/index.js'
import { interruptionLine, outcomeComplaints, planComplaints } from './render/convert-complaints.js'
import { changeJson, convertJson } from './render/convert-json.js'
import { type ConversionReport, entriesText } from './render/convert-report.js'
import { summary } from './render/convert-summary.js'
import { BaseCommand, SCHEMA } from './support/base-command.js'
import { convertFlags } from './support/convert-flags.js'
import { callerOf, conversionRequest } from './support/convert-request.js'
import { complain, EXIT_INTERRUPTED } from './support/failure.js'
import { Progress } from './support/progress.js'
import { confirmed } from './support/question.js'
import { rawArguments } from './support/raw-arguments.js'
import { Termination } from './support/termination.js'

/** What is needed of a conversion here. */
export type OpenedConversion = Pick<Conversion, 'plan' | 'carryOut'> & AsyncDisposable

export default class Convert extends BaseCommand {
  static override readonly summary = 'Convert a tree from one security model to another.'
  static override readonly description =
    'Changes how TREE keeps the owners, modes, devices and symlinks of its guest, so that the guest goes on seeing the ' +
    'same: in place, or with --output into a new directory. What is in the form asked for already is left alone, so ' +
    'running it twice is running it once. One that was interrupted, even by a loss of power, goes on with --resume, and with ' +
    '--abort is put back.\n\n' +
    'Nobody may use the tree meanwhile: one that virtfs serve or another process has open is refused. What a guest ' +
    'claims is not believed: set-user-id files and devices become real only where --allow-setid and --allow-devices say so. To and ' +
    'from passthrough it takes root.'
  static override readonly usage = [
    'convert TREE --to MODEL [--from MODEL] [--output DIR] [-n | --yes] [FLAGS]',
    'convert TREE --resume | --abort [FLAGS]',
  ]
  static override readonly examples = [
    {
      description: 'As root, what would have to be changed for virtiofs, which knows passthrough only',
      command: '<%= config.bin %> convert /srv/guest --to passthrough --allow-setid --allow-devices --dry-run',
    },
    {
      description: 'As root, the same into a new tree, whose owners are those of a rootless container',
      command:
        '<%= config.bin %> convert /srv/guest --to passthrough --output /srv/container --map-uid b:0:100000:65536 ' +
        '--allow-setid --exclude dev',
    },
    {
      description: 'For a file system without user attributes, compared afterwards',
      command: '<%= config.bin %> convert /srv/guest --to mapped-file --verify --yes',
    },
    {
      description: 'The plan, for a program',
      command: '<%= config.bin %> convert /srv/guest --to mapped-file --dry-run --json | jq .changes',
    },
  ]
  static override readonly enableJsonFlag = true
  static override readonly seeAlso = ['qemu(1)', 'getfattr(1)', 'chown(1)', 'xattr(7)']
  static override readonly args = {
    tree: Args.string({ description: 'The exported directory.', required: true, ignoreStdin: true }),
  }
  static override readonly flags = convertFlags

  /** Names are bytes. */
  protected override async init(): Promise<void> {
    await super.init()
    keepLittleGarbage()
    this.argv = rawArguments(this.argv)
  }

  /** For tests, which have conversions of their own. */
  protected open(request: ConversionRequest): OpenedConversion {
    return Conversion.open(request)
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Convert)
    const caller = callerOf(process.env, { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 })
    const request = conversionRequest(args.tree, flags, caller)
    const { tree, skipsForbidden } = request
    // Lines that go to the same terminal show by themselves how far it is.
    const isProgressWanted = !flags['no-progress'] && !(flags.jsonl && process.stdout.isTTY)
    const began = performance.now()

    await using conversion = this.open(request)
    const plan = await this.planned(conversion, isProgressWanted)
    const needsAnswer = !flags['dry-run'] && !flags.yes && isToBeAsked(request, plan)
    await this.showPlan(request, plan, needsAnswer && process.stdin.isTTY)
    for (const line of planComplaints(tree, plan)) this.report(line)
    if (!flags['dry-run']) {
      if (plan.forbidden.length > 0 && !skipsForbidden) throw forbidden(tree, plan.forbidden.length)
      if (needsAnswer) await confirm(tree, plan.changed)
    }

    using termination = new Termination()
    const outcome = flags['dry-run']
      ? undefined
      : await this.carriedOut(conversion, plan, termination, isProgressWanted)
    this.tell({ request, plan, outcome, seconds: (performance.now() - began) / 1000 })
    if (outcome !== undefined) this.end(request, plan, outcome, termination)
  }

  private async planned(conversion: OpenedConversion, isProgressWanted: boolean): Promise<Plan> {
    using progress = Progress.on(process.stderr, isProgressWanted)
    return await conversion.plan(progress && { looked: (entries) => progress.show(entries) })
  }

  private async carriedOut(
    conversion: OpenedConversion,
    plan: Plan,
    termination: Termination,
    isProgressWanted: boolean,
  ): Promise<Outcome> {
    const { ConversionBar } = await import('./support/conversion-bar.js')
    using bar = ConversionBar.on(process.stderr, isProgressWanted)
    return await conversion.carryOut(plan, {
      progressed: (done, total) => bar?.show(done, total),
      logged: (changes) => {
        if (this.isHeard) this.write(changes.map((change) => `${changeJson(change)}\n`).join(''))
      },
      isStopped: () => termination.exitCode !== undefined,
    })
  }

  /** With --json the plan is shown only to one who is asked whether to carry it out. */
  private async showPlan(request: ConversionRequest, plan: Plan, isAsked: boolean): Promise<void> {
    if (this.jsonEnabled() && !isAsked) return
    const { planTables } = await import('./render/convert-plan.js')
    this.say(`${planTables(request, plan)}\n`, request)
  }

  private tell(report: ConversionReport): void {
    const { request, plan, outcome } = report
    if (outcome !== undefined) for (const line of outcomeComplaints(request.tree, plan, outcome)) this.report(line)
    if (this.jsonEnabled()) this.logJson({ schema: SCHEMA, ...convertJson(report) })
    else this.say(summary(report), request)
  }

  /** Says something (bytes) on stdout, unless data goes there. */
  private say(text: string, { isLogged }: ConversionRequest): void {
    if (isLogged || this.jsonEnabled()) process.stderr.write(bytesOf(text))
    else this.write(text)
  }

  private end(request: ConversionRequest, plan: Plan, outcome: Outcome, termination: Termination): void {
    const { interruption, isFinished } = outcome
    if (isFinished) return
    const waysOn = waysOnFrom(request, plan)
    if (interruption === undefined) {
      this.report(`Cannot finish "${printable(request.tree)}": some entries failed (mend them, then ${waysOn})`)
      return
    }
    complain(interruptionLine(request.tree, interruption, waysOn))
    process.exitCode = (interruption === 'stopped' ? termination.exitCode : undefined) ?? EXIT_INTERRUPTED
  }
}

/** True where a tree is about to be changed in place by one who has not said so twice yet. */
const isToBeAsked = ({ output, intent }: ConversionRequest, { changed }: Plan): boolean =>
  output === undefined && intent === 'convert' && changed > 0

async function confirm(tree: string, changed: number): Promise<void> {
  const attempt = `Cannot convert "${printable(tree)}" in place`
  if (!process.stdin.isTTY) {
    throw new UsageError(`${attempt}: there is no terminal to ask on (say --yes, or build another tree with --output)`)
  }
  if (await confirmed(`Convert ${entriesText(changed)} in place?`)) return
  throw new UsageError(`${attempt}: it was not confirmed (nothing was changed)`)
}

const forbidden = (tree: string, count: number): UsageError =>
  new UsageError(
    `Cannot convert "${printable(tree)}": EPERM (${entriesText(count)} ${count === 1 ? 'needs' : 'need'} privileges; run as root, or leave them with --skip-forbidden)`,
  )

/** How to go on with what was begun. */
function waysOnFrom({ output }: ConversionRequest, { isAbort }: Plan): string {
  if (isAbort) return 'go on with --abort'
  if (output !== undefined) return `go on with --resume, or remove "${printable(output)}"`
  return 'go on with --resume, or put it back with --abort'
}
