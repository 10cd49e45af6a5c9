// The way to look at this machine's directories. What belongs to the other one is not even loaded.

import { UsageError } from '../errors.js'
import { printable, utf8Of } from '../printable.js'
import { isSupportedHost } from '../sys/abi.js'
import type { Host } from './host-directory.js'

/** Names a host in the environment, to see on Linux what other hosts see. */
const VARIABLE = 'VIRTFS_HOST'

/** By descriptors on Linux, where its system calls are known, otherwise by path. */
export const thisHost: Host = await chosen(process.env[VARIABLE] ?? '')

async function chosen(wanted: string): Promise<Host> {
  if (wanted !== '' && wanted !== 'portable') return refusing(wanted)
  if (wanted === '' && isSupportedHost) return (await import('./linux-host.js')).linuxHost
  return (await import('./portable-host.js')).portableHost
}

/** Refuses to look at anything: whoever only loads the library, or asks for help, has asked for no host. */
async function refusing(wanted: string): Promise<Host> {
  const { portableHost } = await import('./portable-host.js')
  const refuse = (): never => {
    throw new UsageError(`Cannot use ${VARIABLE}="${printable(utf8Of(wanted))}": it may be "portable" or unset`)
  }
  return { ...portableHost, openDirectory: refuse, workingDirectory: refuse }
}
