// `virtfs serve`: a directory, shown to 9P clients as QEMU's VirtFS would show it.

import * as Args from '@oclif/core/args'
import {
  AllowedPeers,
  formatAddress,
  keepHeapSmall,
  likenessOf,
  loadServer,
  logFrom,
  mountHint,
  Notifier,
  openExport,
  parseAddress,
  parseId,
  printable,
  raiseDescriptorLimit,
  type SecurityModel,
  securityModelOf,
  type Server,
  type ServeAddress,
  takeHandedOver,
  UsageError,
} from '../src/index.js'
import { BaseCommand } from './support/base-command.js'
import { complain } from './support/failure.js'
import { defaultAddress } from './support/runtime-directory.js'
import { serveFlags } from './support/serve-flags.js'
import { connectionSettings, exportOf, numberOf } from './support/serve-settings.js'
import { Termination } from './support/termination.js'

/** Descriptors that are not handles of the tree: listeners, connections, the runtime's own. */
const RESERVED_DESCRIPTORS = 256
const DESCRIPTORS_MOST = 65_536
const DESCRIPTORS_LEAST = 64
const CONNECTIONS_MOST = 64

export default class Serve extends BaseCommand {
  static override readonly summary = 'Serve a directory to 9P clients, as VirtFS does.'
  static override readonly description =
    'Serves TREE over 9P2000.L and 9P2000.u, keeping what the guest is told of owners and modes as QEMU keeps it. ' +
    'Prints "listening ADDRESS" for each listener when all accept, then how a Linux guest mounts it. ' +
    'SIGTERM and SIGINT end it once what is in flight is answered.'
  static override readonly usage = [
    'serve TREE --security-model MODEL [--listen ADDRESS]... [FLAGS]',
    'serve --virtfs STRING | --fsdev STRING [--listen ADDRESS]... [FLAGS]',
  ]
  static override readonly examples = [
    {
      description: "A tree that QEMU's mapped-xattr model wrote, on a socket of its own",
      command: '<%= config.bin %> serve /srv/guest --security-model mapped-xattr',
    },
    {
      description: 'To a guest with user networking, which reaches this host as 10.0.2.2',
      command: '<%= config.bin %> serve /srv/guest --security-model mapped-xattr --listen tcp:127.0.0.1:5640',
    },
    {
      description: "With QEMU's own options",
      command: "<%= config.bin %> serve --virtfs 'local,path=/srv/guest,security_model=mapped,mount_tag=guest'",
    },
    {
      description: "As root, with the guest's ids kept apart from the host's, and its root made nobody",
      command:
        '<%= config.bin %> serve /srv/guest --security-model passthrough --map-uid 0:100000:65536 ' +
        '--map-gid 0:100000:65536 --squash root',
    },
  ]
  static override readonly seeAlso = ['qemu(1)', 'diod(8)', 'mount(8)', 'systemd.socket(5)']
  static override readonly args = {
    tree: Args.string({ description: 'The directory to export.', ignoreStdin: true }),
  }
  static override readonly flags = serveFlags

  async run(): Promise<void> {
    // Before anything is started that would inherit them.
    const handedOver = takeHandedOver(process.env)
    const { args, flags } = await this.parse(Serve)
    const log = logFrom(flags['log-level'] ?? 'warn', complain)
    using notifier = Notifier.take(process.env, { log: (line) => log('warn', line) })
    const rules = { allowRemote: flags['allow-remote'] }
    const addresses = (flags.listen ?? []).map((text) => parseAddress(text, rules))
    const metricsAddress = flags.metrics === undefined ? undefined : placeOf(parseAddress(flags.metrics, rules))
    const peers = new AllowedPeers(
      process.geteuid?.() ?? 0,
      flags['allow-uid']?.map((text) => parseId('--allow-uid', text)),
    )
    const exported = exportOf({ tree: args.tree, flags }, (tree) => modelFor(tree, flags['security-model']))
    const settings = connectionSettings(exported, flags)
    const maxConnections = numberOf(flags, 'max-connections') ?? CONNECTIONS_MOST

    const { tree } = openExport(exported.path, exported.securityModel, settings.modelOptions)
    const { threadedServer } = await loadServer()
    keepHeapSmall()
    const { server, serveMetrics } = threadedServer({
      ...{ tree, settings, maxConnections, peers, log },
      descriptors: descriptors(),
      isCounted: metricsAddress !== undefined,
      isTraced: flags.trace,
    })
    let metrics: Disposable | undefined
    using termination = new Termination()
    try {
      if (metricsAddress !== undefined) {
        const endpoint = await serveMetrics(metricsAddress)
        metrics = endpoint
        this.logToStderr(`metrics ${formatAddress(endpoint.address)}`)
      }
      const wanted = [...handedOver.map(({ address }) => address).filter(isNotIn(addresses)), ...addresses]
      const reached = await listen(server, wanted, exported.mountTag ?? exported.path, rules)
      for (const { address } of reached) this.log(`listening ${formatAddress(address)}`)
      for (const { place } of reached) {
        if (place !== undefined) this.logToStderr(mountHint(place, settings.session.msize))
      }
      const where = reached.map(({ address }) => formatAddress(address)).join(' ')
      notifier.ready(`Serving ${printable(exported.path)} (${exported.securityModel}) on ${where}`)
      await Promise.race([termination.requested, server.whenAlone()])
      notifier.stopping('Answering what is in flight')
    } finally {
      await server.stop()
      metrics?.[Symbol.dispose]()
    }
  }
}

/** True for an address that is not among `addresses`. */
const isNotIn =
  (addresses: readonly ServeAddress[]) =>
  (address: ServeAddress): boolean =>
    !addresses.some((other) => formatAddress(other) === formatAddress(address))

/** Metrics are asked for at an address of their own: sockets that were inherited are for clients. */
function placeOf(address: ServeAddress): Exclude<ServeAddress, { kind: 'fd' }> {
  if (address.kind !== 'fd') return address
  throw new UsageError(`Cannot use --metrics ${formatAddress(address)}: write unix:PATH or tcp:HOST:PORT`)
}

/** Refuses to guess: a tree served under another model than it was written under shows a guest the wrong owners. */
function modelFor(tree: string, given: string | undefined): SecurityModel {
  const model = given === undefined ? undefined : securityModelOf(given)
  if (model !== undefined) return model
  using exported = openExport(tree, 'none', {}).tree
  throw new UsageError(`Cannot serve "${printable(tree)}": no --security-model given; the tree ${likenessOf(exported)}`)
}

/** How many descriptors the views may keep; where they are few, at least enough to work. */
function descriptors(): number {
  return Math.max(DESCRIPTORS_LEAST, Math.min(raiseDescriptorLimit() - RESERVED_DESCRIPTORS, DESCRIPTORS_MOST))
}

/** Listens where it was told to, or else on a socket called `name`. */
async function listen(
  server: Server,
  addresses: readonly ServeAddress[],
  name: string,
  rules: { readonly allowRemote: boolean },
): ReturnType<Server['listen']> {
  if (addresses.length > 0) return server.listen(addresses, rules)
  const { address, discard } = defaultAddress(name, {
    uid: process.geteuid?.() ?? 0,
    runtimeDirectory: process.env['XDG_RUNTIME_DIR'],
    temporaryDirectory: '/tmp',
  })
  try {
    return await server.listen([address])
  } catch (cause) {
    discard()
    throw cause
  }
}
