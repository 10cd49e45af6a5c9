// The flags of `virtfs serve`, by what they are about.

import * as Flags from '@oclif/core/flags'
import {
  logLevels,
  modelAliases,
  multidevsPolicies,
  securityModels,
  sessionDefaults,
  squashPolicies,
  throttlingOptions,
} from '../../src/index.js'

const text = (description: string, helpValue: string, helpGroup: string) =>
  Flags.string({ description, helpValue, helpGroup })
const texts = (description: string, helpValue: string, helpGroup: string) =>
  Flags.string({ description, helpValue, helpGroup, multiple: true, multipleNonGreedy: true })

// oclif adds FLAGS to each.
const TREE = 'TREE'
const IDS = 'ID'
const ACCESS = 'ACCESS'
const LIMITS = 'LIMIT'
const WATCH = 'OBSERVATION'
const QEMU = 'QEMU'

/** What is said of the tree: all of it may be said by an option string of QEMU's instead. */
export const treeFlags = {
  'security-model': Flags.option({
    description: 'How ownership is kept (required): mapped-xattr (or mapped), mapped-file, passthrough or none.',
    helpValue: 'MODEL',
    helpGroup: TREE,
    options: [...securityModels, ...Object.keys(modelAliases)],
  })(),
  readonly: Flags.boolean({ description: 'Refuse every change with EROFS.', helpGroup: TREE }),
  fmode: text('Host permissions of new files, octal; mapped models only. Otherwise 0600.', 'MODE', TREE),
  dmode: text('Host permissions of new directories, octal; mapped models only. Otherwise 0700.', 'MODE', TREE),
  multidevs: Flags.option({
    description:
      'What becomes of further file systems inside: remap (the default) tells their files apart, forbid refuses them, ' +
      'warn leaves inode numbers as they are.',
    helpValue: 'POLICY',
    helpGroup: TREE,
    options: multidevsPolicies,
  })(),
  writeout: Flags.option({
    description: 'immediate: what is written does not stay in the page cache.',
    helpValue: 'immediate',
    helpGroup: TREE,
    options: ['immediate'] as const,
  })(),
}

const throttlingFlags = Object.fromEntries(
  throttlingOptions.map(({ name, meaning }) => [name, text(meaning, 'N', LIMITS)]),
)

export const serveFlags = {
  listen: texts(
    'Where to listen, besides the sockets that systemd hands over: unix:PATH, tcp:HOST:PORT (port 0 picks one) or ' +
      'fd:N (an inherited socket). May be given several times. Without any: $XDG_RUNTIME_DIR/virtfs/NAME.sock, or ' +
      '/tmp/virtfs-UID/NAME.sock.',
    'ADDRESS',
    ACCESS,
  ),
  'allow-uid': texts("A user who may connect to unix sockets besides root and the server's own.", 'UID', ACCESS),
  'allow-remote': Flags.boolean({
    description: 'Let TCP addresses be such that other machines can reach them. 9P has no authentication.',
    helpGroup: ACCESS,
  }),
  ...treeFlags,
  'map-uid': texts(
    'COUNT user ids of clients, from GUEST on, are stored as those from HOST on.',
    'GUEST:HOST:COUNT',
    IDS,
  ),
  'map-gid': texts('The same for group ids.', 'GUEST:HOST:COUNT', IDS),
  squash: Flags.option({
    description: 'Whom to take for the anonymous user: none (the default), root or all.',
    helpValue: 'WHO',
    helpGroup: IDS,
    options: squashPolicies,
  })(),
  'anon-uid': text('The anonymous user. Otherwise 65534.', 'UID', IDS),
  'anon-gid': text('The anonymous group. Otherwise 65534.', 'GID', IDS),
  msize: text(`Most bytes of one message. Otherwise ${sessionDefaults.msize}.`, 'BYTES', LIMITS),
  'max-connections': text('Most connections at once. Otherwise 64.', 'N', LIMITS),
  'max-fids': text(`Most fids of a connection. Otherwise ${sessionDefaults.maxFids}.`, 'N', LIMITS),
  'max-inflight': text(
    `Most requests of a connection under way. Otherwise ${sessionDefaults.maxInFlight}.`,
    'N',
    LIMITS,
  ),
  'idle-timeout': text('End a connection that says nothing for so long. Otherwise never.', 'SECONDS', LIMITS),
  ...throttlingFlags,
  metrics: text('Answer Prometheus at tcp:HOST:PORT or unix:PATH.', 'ADDRESS', WATCH),
  trace: Flags.boolean({ description: 'Print every message on stderr, as a line of JSON.', helpGroup: WATCH }),
  'log-level': Flags.option({
    description: 'Least grave lines to print: error, warn (the default), info or debug.',
    helpValue: 'LEVEL',
    helpGroup: WATCH,
    options: logLevels,
  })(),
  virtfs: text("QEMU's own -virtfs string, in place of TREE and its flags.", 'STRING', QEMU),
  fsdev: text("QEMU's own -fsdev string, likewise.", 'STRING', QEMU),
}
