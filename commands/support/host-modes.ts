// --fmode and --dmode: what files and directories of a mapped tree are on the host.

import { openModel, type SecurityModel, UsageError } from '../../src/index.js'

const PERMISSIONS = 0o777

/** Refuses a flag that has a meaning only where all objects are plain files of one host user, as QEMU does. */
export function requireMapped(flag: string, model: SecurityModel): void {
  if (openModel(model).storedAs !== 'inode') return
  throw new UsageError(`Cannot use ${flag} with ${model}: it is only valid for the mapped security models`)
}

/** The permissions that flags give, of those that were given. A model that nobody knows yet refuses none. */
export function hostModes(
  model: SecurityModel | undefined,
  texts: { readonly fmode: string | undefined; readonly dmode: string | undefined },
): { fmode?: number; dmode?: number } {
  const modes: { fmode?: number; dmode?: number } = {}
  for (const flag of ['fmode', 'dmode'] as const) {
    const text = texts[flag]
    if (text === undefined) continue
    if (model !== undefined) requireMapped(`--${flag}`, model)
    const mode = /^[0-7]{1,6}$/.test(text) ? Number.parseInt(text, 8) : Number.NaN
    if (!(mode <= PERMISSIONS)) {
      throw new UsageError(`Cannot use --${flag} ${text}: not octal permissions from 0000 to 0777`)
    }
    modes[flag] = mode
  }
  return modes
}
