// `virtfs serve`: a directory, shown to 9P clients as QEMU's VirtFS would show it.

import { Args, Flags } from '@oclif/core'
import {
  detectModel,
  formatAddress,
  keepHeapSmall,
  type ListenAddress,
  loadServer,
  logFrom,
  modelAliases,
  type ModelOptions,
  mountHint,
  openExport,
  openModel,
  parseAddress,
  raiseDescriptorLimit,
  type SecurityModel,
  securityModelOf,
  securityModels,
  sessionDefaults,
  type Server,
  UsageError,
  viewDefaults,
} from '../src/index.js'
import { BaseCommand } from './support/base-command.js'
import { complain } from './support/failure.js'
import { defaultAddress } from './support/runtime-directory.js'
import { terminationRequested } from './support/termination.js'

const MSIZE_LEAST = 4096
const MSIZE_MOST = 1_048_576
const PERMISSIONS = 0o777
/** Descriptors that are not handles of the tree: listeners, connections, the runtime's own. */
const RESERVED_DESCRIPTORS = 256
const HANDLES_MOST = 65_536
const HANDLES_LEAST = 64

export default class Serve extends BaseCommand {
  static override readonly summary = 'Serve a directory to 9P clients, as VirtFS does.'
  static override readonly description =
    'Serves TREE over 9P2000.L, keeping what the guest is told of owners and modes as QEMU keeps it. ' +
    'Prints "listening ADDRESS" for each listener when all accept, then how a Linux guest mounts it. ' +
    'SIGTERM and SIGINT end it once what is in flight is answered.'
  static override readonly usage =
    'serve TREE --security-model MODEL [--listen ADDRESS]... [--readonly] [--fmode MODE] [--dmode MODE] [--msize BYTES]'
  static override readonly examples = [
    {
      description: "A tree that QEMU's mapped-xattr model wrote, on a socket of its own",
      command: '<%= config.bin %> serve /srv/guest --security-model mapped-xattr',
    },
    {
      description: 'To a guest with user networking, which reaches this host as 10.0.2.2',
      command: '<%= config.bin %> serve /srv/guest --security-model mapped-xattr --listen tcp:127.0.0.1:5640',
    },
  ]
  static override readonly args = {
    tree: Args.string({ description: 'The directory to export.', required: true, ignoreStdin: true }),
  }
  static override readonly flags = {
    'security-model': Flags.option({
      description: 'How ownership is kept (required): mapped-xattr (or mapped), mapped-file, passthrough or none.',
      helpValue: 'MODEL',
      options: [...securityModels, ...Object.keys(modelAliases)],
    })(),
    listen: Flags.string({
      description:
        'Where to listen: unix:PATH or tcp:HOST:PORT (loopback; port 0 picks one). May be given several times. ' +
        'Otherwise $XDG_RUNTIME_DIR/virtfs/NAME.sock, or /tmp/virtfs-UID/NAME.sock.',
      helpValue: 'ADDRESS',
      multiple: true,
      multipleNonGreedy: true,
    }),
    readonly: Flags.boolean({ description: 'Refuse every change with EROFS.' }),
    fmode: Flags.string({
      description: 'Host permissions of new files, octal; mapped models only. Otherwise 0600.',
      helpValue: 'MODE',
    }),
    dmode: Flags.string({
      description: 'Host permissions of new directories, octal; mapped models only. Otherwise 0700.',
      helpValue: 'MODE',
    }),
    msize: Flags.string({
      description: `Most bytes of one message, ${MSIZE_LEAST} to ${MSIZE_MOST}.`,
      helpValue: 'BYTES',
      default: String(MSIZE_MOST),
    }),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Serve)
    const msize = messageSize(flags.msize)
    const addresses = flags.listen?.map(parseAddress)
    const securityModel = modelFor(args.tree, flags['security-model'])
    const modes = hostModes(securityModel, flags)
    const exported = openExport(args.tree, securityModel, modes)
    const { threadedServer } = await loadServer()
    keepHeapSmall()
    const server = threadedServer({
      tree: exported.tree,
      settings: {
        securityModel,
        modelOptions: modes,
        view: { ...viewDefaults, isReadOnly: flags.readonly },
        session: { ...sessionDefaults, msize },
        idleTimeoutMs: undefined,
      },
      descriptors: handles(),
      maxConnections: 64,
      allowedUids: new Set(),
      log: logFrom('warn', complain),
    })
    try {
      const isOver = terminationRequested()
      const bound = await listen(server, addresses, args.tree)
      for (const address of bound) this.log(`listening ${formatAddress(address)}`)
      for (const address of bound) this.logToStderr(mountHint(address, msize))
      await isOver
    } finally {
      await server.stop()
    }
  }
}

/** Refuses to guess: a tree served under another model than it was written under shows a guest the wrong owners. */
function modelFor(tree: string, given: string | undefined): SecurityModel {
  const model = given === undefined ? undefined : securityModelOf(given)
  if (model !== undefined) return model
  using exported = openExport(tree, 'none', {}).tree
  const { sentence } = detectModel(exported)
  throw new UsageError(`Cannot serve "${tree}": no --security-model given; the tree ${sentence}`)
}

function messageSize(text: string): number {
  const bytes = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (bytes >= MSIZE_LEAST && bytes <= MSIZE_MOST) return bytes
  throw new UsageError(`Cannot use --msize ${text}: not a number of bytes from ${MSIZE_LEAST} to ${MSIZE_MOST}`)
}

/** The permissions of new objects. As in QEMU, they have a meaning only where all objects are the server's own files. */
function hostModes(
  securityModel: SecurityModel,
  modes: { readonly fmode?: string | undefined; readonly dmode?: string | undefined },
): ModelOptions {
  const options: { fmode?: number; dmode?: number } = {}
  for (const flag of ['fmode', 'dmode'] as const) {
    const text = modes[flag]
    if (text === undefined) continue
    if (openModel(securityModel).storedAs === 'inode') {
      throw new UsageError(
        `Cannot use --${flag} with ${securityModel}: it is only valid for the mapped security models`,
      )
    }
    const mode = /^[0-7]{1,6}$/.test(text) ? Number.parseInt(text, 8) : Number.NaN
    if (!(mode <= PERMISSIONS)) {
      throw new UsageError(`Cannot use --${flag} ${text}: not octal permissions from 0000 to 0777`)
    }
    options[flag] = mode
  }
  return options
}

/** How many handles the view may keep; where descriptors are few, at least enough to work. */
function handles(): number {
  return Math.max(HANDLES_LEAST, Math.min(raiseDescriptorLimit() - RESERVED_DESCRIPTORS, HANDLES_MOST))
}

async function listen(
  server: Server,
  addresses: readonly ListenAddress[] | undefined,
  tree: string,
): Promise<readonly ListenAddress[]> {
  if (addresses !== undefined) return server.listen(addresses)
  const { address, discard } = defaultAddress(tree, {
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
