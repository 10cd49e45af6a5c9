// Sockets that were open when this process started: which ones a service manager handed over (sd_listen_fds(3)), and
// whether a socket is one that may be served on.

import { ErrnoError, UsageError } from '../../errors.js'
import { closeOnExec, duplicate } from '../../sys/process.js'
import { peerName, type SocketFacts, socketFacts, type SocketName, socketName } from '../../sys/socket.js'
import { statx } from '../../sys/stat.js'
import {
  type AddressRules,
  formatAddress,
  type InheritedAddress,
  isLoopback,
  type ListenAddress,
  NOT_LOOPBACK,
} from './address.js'

/** SD_LISTEN_FDS_START, systemd/sd-daemon.h: where the sockets begin. */
const FIRST = 3

/** A socket that a service manager handed over. */
export interface HandedOver {
  readonly address: InheritedAddress
  /** FileDescriptorName= of the socket unit, which is the unit's own name by default; `unknown` where none was told. */
  readonly name: string
}

/**
 * Takes over the sockets that were handed to this process: LISTEN_FDS of them, if LISTEN_PID is its own. They are not
 * inherited any further, nor are the variables, whomever they were meant for. Refuses (UsageError) a count that is no
 * number or more than is open. Call it once, before anything else is opened or started.
 */
export function takeHandedOver(environment: NodeJS.ProcessEnv, pid: number = process.pid): readonly HandedOver[] {
  const { LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES } = environment
  for (const name of ['LISTEN_PID', 'LISTEN_PIDFDID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete environment[name]
  if (LISTEN_FDS === undefined || LISTEN_PID !== String(pid)) return []
  if (!/^\d{1,9}$/.test(LISTEN_FDS)) {
    throw new UsageError(`Cannot use the sockets handed over: LISTEN_FDS is "${LISTEN_FDS}", which is no number`)
  }
  const names = LISTEN_FDNAMES?.split(':') ?? []
  const taken: HandedOver[] = []
  for (let index = 0; index < Number(LISTEN_FDS); index++) {
    const address = { kind: 'fd', number: FIRST + index } as const
    orRefuse(address, () => closeOnExec(address.number))
    taken.push({ address, name: names[index] ?? 'unknown' })
  }
  return taken
}

/** An inherited socket that may be served on. */
export interface InheritedSocket {
  readonly address: InheritedAddress
  /** `listening`: accept connections there. `connected`: it is one, of a client that has been accepted already. */
  readonly state: 'listening' | 'connected'
  readonly family: 'unix' | 'tcp'
  /** Where clients connect; undefined where they cannot be told: a connection, or a unix socket without a path. */
  readonly place: ListenAddress | undefined
}

/**
 * Says what each socket is. Refuses (UsageError) what is not open, no socket, no stream, of another family, neither
 * listening nor connected, named twice, where this process prints, or, unless the rules allow it, TCP on or from an
 * address that is not loopback. Changes nothing. Who is at the other end of a unix socket is for `AllowedPeers` to
 * judge, of connections that were handed over like of those accepted here.
 */
export function inheritedSockets(
  addresses: readonly InheritedAddress[],
  rules: AddressRules = {},
): readonly InheritedSocket[] {
  const numbers = addresses.map(({ number }) => number)
  const twice = addresses.find(({ number }, index) => numbers.indexOf(number) !== index)
  if (twice !== undefined) refuse(twice, 'it is given twice')
  return addresses.map((address) => orRefuse(address, () => describe(address, rules)))
}

function describe(address: InheritedAddress, { allowRemote = false }: AddressRules): InheritedSocket {
  const { number } = address
  const facts = socketFacts(number)
  if (facts === undefined) return refuse(address, 'ENOTSOCK (what is open there is no socket)')
  const family = familyOf(facts)
  if (family === undefined) return refuse(address, 'neither a unix nor a TCP socket')
  if (!facts.isStream) return refuse(address, 'not a stream socket (9P needs SOCK_STREAM)')
  const decisive = facts.isListening ? socketName(number) : peerName(number)
  if (decisive === undefined) return refuse(address, 'ENOTCONN (it is neither listening nor connected)')
  if (decisive.kind === 'inet' && !allowRemote && !isLoopback(decisive.host)) {
    const where = formatAddress({ ...decisive, kind: 'tcp' })
    return refuse(address, `${where} is ${NOT_LOOPBACK}`)
  }
  if (isPrintedTo(number)) {
    return refuse(address, 'it is standard output or error as well, where lines are printed (redirect both)')
  }
  const place = facts.isListening ? placeOf(decisive) : undefined
  return { address, state: facts.isListening ? 'listening' : 'connected', family, place }
}

function familyOf({ family }: SocketFacts): InheritedSocket['family'] | undefined {
  if (family === 'other') return undefined
  return family === 'unix' ? 'unix' : 'tcp'
}

/** An abstract name is no place for Linux's client, which takes paths only (net/9p/trans_fd.c, p9_fd_create_unix). */
function placeOf(name: SocketName): ListenAddress | undefined {
  if (name.kind === 'inet') return { kind: 'tcp', host: name.host, port: name.port }
  return name.kind === 'path' ? { kind: 'unix', path: Buffer.from(name.path, 'latin1').toString() } : undefined
}

/** True for the socket that inetd, or StandardOutput=socket, made of stdout too: what is printed would be taken for 9P. */
function isPrintedTo(number: number): boolean {
  const identity = (descriptor: number): string => {
    using copy = duplicate(descriptor)
    const { dev, ino } = statx(copy)
    return `${dev} ${ino}`
  }
  return [1, 2].map(identity).includes(identity(number))
}

function refuse(address: InheritedAddress, why: string): never {
  throw new UsageError(`Cannot serve on "${formatAddress(address)}": ${why}`)
}

/** Runs `action`, and says of what the kernel refuses which address it was about. */
function orRefuse<T>(address: InheritedAddress, action: () => T): T {
  try {
    return action()
  } catch (cause) {
    if (!(cause instanceof ErrnoError)) throw cause
    return refuse(address, cause.code === 'EBADF' ? 'EBADF (nothing is open there)' : cause.message)
  }
}
