// From the flags of `virtfs convert` to what the library is asked.

import {
  type ConversionRequest,
  type Intent,
  type Owner,
  parseIdRanges,
  parseOwner,
  printable,
  securityModelOf,
  securityModels,
  Selection,
  UsageError,
} from '../../src/index.js'
import type { ConvertFlags } from './convert-flags.js'
import { hostModes, requireMapped } from './host-modes.js'

/** What is asked for the tree at `tree` (bytes) by `caller`. Refuses what contradicts itself. */
export function conversionRequest(tree: string, flags: ConvertFlags, caller: Owner): ConversionRequest {
  const { from, output, jobs, include = [], exclude = [] } = flags
  const rules = { include, exclude }
  new Selection(rules)
  const intent: Intent = flags.abort === true ? 'abort' : flags.resume === true ? 'resume' : 'convert'
  const to = flags.to === undefined ? undefined : securityModelOf(flags.to)
  if (to === undefined && intent === 'convert') {
    throw new UsageError(
      `Cannot convert "${printable(tree)}": no --to given (name the model that it is to have: ${securityModels.join(', ')})`,
    )
  }
  if (to !== undefined && flags.owner !== undefined) requireMapped('--owner', to)
  const { fmode, dmode } = hostModes(to, flags)
  return {
    ...{ tree, intent, to, output, caller, fmode, dmode, rules, jobs },
    from: from === undefined ? undefined : securityModelOf(from),
    ids: parseIdRanges({ uids: flags['map-uid'] ?? [], gids: flags['map-gid'] ?? [] }),
    owner: flags.owner === undefined ? undefined : parseOwner('--owner', flags.owner, caller),
    gate: { allowsSetid: flags['allow-setid'] === true, allowsDevices: flags['allow-devices'] === true },
    skipsForbidden: flags['skip-forbidden'] === true,
    isOneFileSystem: flags['one-file-system'] === true,
    ignoresOpeners: flags.force === true,
    verifies: flags.verify === true,
    isLogged: flags.jsonl === true,
  }
}

/** Whoever runs this; for root under sudo(8), whoever has sudo run it. */
export function callerOf({ SUDO_UID, SUDO_GID }: NodeJS.ProcessEnv, effective: Owner): Owner {
  if (effective.uid !== 0) return effective
  return { uid: idIn(SUDO_UID) ?? effective.uid, gid: idIn(SUDO_GID) ?? effective.gid }
}

const idIn = (variable: string | undefined): number | undefined =>
  variable !== undefined && /^\d{1,10}$/.test(variable) ? Number(variable) : undefined
