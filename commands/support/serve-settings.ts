// From the flags of `virtfs serve` to what the library is told. Pure, but for the command line's bytes.

import {
  type ConnectionSettings,
  isThrottled,
  parseFsdev,
  parseId,
  parseIdRanges,
  parseVirtfs,
  type QemuExport,
  type SecurityModel,
  sessionDefaults,
  shareThrottling,
  throttlingOfFlags,
  throttlingOptions,
  UsageError,
  viewDefaults,
} from '../../src/index.js'
import { hostModes } from './host-modes.js'
import { rawArgument } from './raw-arguments.js'
import { treeFlags } from './serve-flags.js'

/** What oclif makes of the command line, as far as it is looked at here. */
export interface ServeInput {
  readonly tree: string | undefined
  readonly flags: Readonly<Record<string, unknown>>
}

const textOf = (flags: ServeInput['flags'], name: string): string | undefined => {
  const value = flags[name]
  return typeof value === 'string' ? value : undefined
}
const textsOf = (flags: ServeInput['flags'], name: string): readonly string[] => {
  const value = flags[name]
  return Array.isArray(value) ? (value as readonly string[]) : []
}

/** The export that TREE and flags, or an option string of QEMU's, describe. `path` is bytes (Latin-1). */
export function exportOf({ tree, flags }: ServeInput, modelOf: (tree: string) => SecurityModel): QemuExport {
  const strings = (['virtfs', 'fsdev'] as const).filter((name) => textOf(flags, name) !== undefined)
  const [name] = strings
  if (name === undefined) return exportOfFlags(tree, flags, modelOf)
  const others = [
    ...(tree === undefined ? [] : [`"${tree}"`]),
    ...strings.slice(1).map((other) => `--${other}`),
    ...[...Object.keys(treeFlags), ...throttlingOptions.map((option) => option.name)]
      .filter((flag) => flags[flag] !== undefined && flags[flag] !== false)
      .map((flag) => `--${flag}`),
  ]
  if (others.length > 0) {
    throw new UsageError(`Cannot use ${others.join(', ')} with --${name}: its string says all of the tree`)
  }
  const string = rawArgument(textOf(flags, name)!)
  return name === 'virtfs' ? parseVirtfs(string) : parseFsdev(string)
}

function exportOfFlags(
  tree: string | undefined,
  flags: ServeInput['flags'],
  modelOf: (tree: string) => SecurityModel,
): QemuExport {
  if (tree === undefined) throw new UsageError('Cannot run serve: no TREE given (see virtfs serve --help)')
  const path = rawArgument(tree)
  const throttling = throttlingOfFlags(flags)
  const securityModel = modelOf(path)
  const multidevs = textOf(flags, 'multidevs') as QemuExport['multidevs']
  const writeout = textOf(flags, 'writeout') as QemuExport['writeout']
  return {
    path,
    securityModel,
    isReadOnly: flags['readonly'] === true,
    ...hostModes(securityModel, { fmode: textOf(flags, 'fmode'), dmode: textOf(flags, 'dmode') }),
    ...(multidevs !== undefined && { multidevs }),
    ...(writeout !== undefined && { writeout }),
    throttling,
  }
}

/** Bounds of what is given as a number: the flag, what it counts, the least and the most. */
const numbers = {
  msize: ['bytes', 4096, sessionDefaults.msize],
  'max-connections': ['connections', 1, 10_000],
  'max-fids': ['fids', 1, 1 << 24],
  'max-inflight': ['requests', 1, 65_535],
  'idle-timeout': ['seconds', 1, 10_000_000],
} as const

/** The value of a flag that counts something. */
export function numberOf(flags: ServeInput['flags'], flag: keyof typeof numbers): number | undefined {
  const text = textOf(flags, flag)
  if (text === undefined) return undefined
  const [what, least, most] = numbers[flag]
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  throw new UsageError(`Cannot use --${flag} ${text}: not a number of ${what} from ${least} to ${most}`)
}

/** Everything that connections are told. */
export function connectionSettings(exported: QemuExport, flags: ServeInput['flags']): ConnectionSettings {
  const { securityModel, fmode, dmode, isReadOnly, multidevs, writeout, throttling, maxXattr } = exported
  const idle = numberOf(flags, 'idle-timeout')
  const ids = viewDefaults.ids
  return {
    securityModel,
    modelOptions: { ...(fmode !== undefined && { fmode }), ...(dmode !== undefined && { dmode }) },
    view: {
      isReadOnly,
      writesOut: writeout === 'immediate',
      ids: {
        ...parseIdRanges({ uids: textsOf(flags, 'map-uid'), gids: textsOf(flags, 'map-gid') }),
        squash: (textOf(flags, 'squash') ?? ids.squash) as typeof ids.squash,
        anonUid: idOf(flags, 'anon-uid') ?? ids.anonUid,
        anonGid: idOf(flags, 'anon-gid') ?? ids.anonGid,
      },
    },
    session: {
      msize: numberOf(flags, 'msize') ?? sessionDefaults.msize,
      multidevs: multidevs ?? sessionDefaults.multidevs,
      maxFids: numberOf(flags, 'max-fids') ?? sessionDefaults.maxFids,
      maxInFlight: numberOf(flags, 'max-inflight') ?? sessionDefaults.maxInFlight,
      maxXattrFids: maxXattr ?? sessionDefaults.maxXattrFids,
    },
    throttling: isThrottled(throttling) ? shareThrottling(throttling) : undefined,
    idleTimeoutMs: idle === undefined ? undefined : idle * 1000,
  }
}

function idOf(flags: ServeInput['flags'], flag: 'anon-uid' | 'anon-gid'): number | undefined {
  const text = textOf(flags, flag)
  if (text === undefined) return undefined
  if (flags['squash'] === undefined || flags['squash'] === 'none') {
    throw new UsageError(`Cannot use --${flag} without --squash root or --squash all: nobody would be anonymous`)
  }
  return parseId(`--${flag}`, text)
}
