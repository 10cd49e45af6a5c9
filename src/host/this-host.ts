// The way to look at this machine's directories. What belongs to another one is not even loaded.

import { UsageError } from '../errors.js'
import { printable, utf8Of } from '../printable.js'
import { isSupportedHost } from '../sys/abi.js'
import type { Host } from './host-directory.js'

/** In the environment it names a host, to see on Linux what other hosts see. */
const VARIABLE = 'VIRTFS_HOST'
const PORTABLE = 'portable'
const wanted = process.env[VARIABLE] ?? ''

/** By descriptors on Linux, where its system calls are known; otherwise by path. */
export const thisHost: Host =
  isSupportedHost && wanted !== PORTABLE
    ? (await import('./linux-host.js')).linuxHost
    : (await import('./portable-host.js')).portableHost

/** The same for a user's wish: refuses a name that is no host's, which the mere loading of a library should not. */
export function requireHost(): Host {
  if (wanted === '' || wanted === PORTABLE) return thisHost
  throw new UsageError(`Cannot use ${VARIABLE}="${printable(utf8Of(wanted))}": it may be "${PORTABLE}" or unset`)
}
