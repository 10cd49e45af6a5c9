// A server in this process, on a unix socket beside its tree, with a directory next to the tree that nobody may touch.
// Its connections run in this thread, so that a test can reach into them.

import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { removeTree } from '../../fixtures/remove-tree.js'
import { Client } from '../../src/client/client.js'
import { RawClient } from '../../src/client/raw-client.js'
import type { Clock } from '../../src/clock.js'
import type { SecurityModel } from '../../src/ownership/security-models.js'
import { type ViewSettings, viewDefaults } from '../../src/serve/connection-settings.js'
import { openExport } from '../../src/serve/export.js'
import { InThreadHost } from '../../src/serve/in-thread-host.js'
import { AllowedPeers } from '../../src/serve/sockets/peers.js'
import { Server } from '../../src/serve/server.js'
import { sessionDefaults, type SessionSettings } from '../../src/session/settings.js'
import { DescriptorBudget } from '../../src/view/descriptor-budget.js'
import { openDescriptors } from './host/descriptors.js'
import { isRoot } from './host/nobody.js'
import { snapshot } from './snapshot.js'

/** What can be served to the guest's root: what keeps no owner of its own only by the host's root. */
export const servedModels: readonly SecurityModel[] = [
  'mapped-xattr',
  'mapped-file',
  ...(isRoot ? (['passthrough'] as const) : []),
]

export interface LiveOptions {
  readonly session?: Partial<SessionSettings>
  readonly view?: Partial<ViewSettings>
  readonly idleTimeoutMs?: number
  readonly clock?: Clock
  readonly maxConnections?: number
  /** True where clients misbehave, which the server says. */
  readonly mayLog?: boolean
}

/** A connected client and the fid of the root, attached as the guest's root. */
export interface Attached extends AsyncDisposable {
  readonly client: Client
  readonly root: number
}

export interface LiveServer extends AsyncDisposable {
  readonly tree: string
  readonly outside: string
  /** The socket's path, and the address that has it. */
  readonly socket: string
  readonly address: string
  /** What the server had to say, all levels: `warn: connection 1: …`. */
  readonly log: readonly string[]
  /** Descriptors of the server's views. */
  readonly budget: DescriptorBudget
  attach(): Promise<Attached>
  raw(): Promise<RawClient>
  /** Stops it before the end, as a signal would. */
  stop(): Promise<void>
}

/** Turns of the event loop within which closed sockets give back their descriptors: far more than it takes. */
const TURNS = 1000

/**
 * Starts a server. Dispose stops it, and throws when anything outside the tree was touched, when a descriptor was left
 * open, by the server or by the test's own clients, or when the server had a complaint.
 */
export async function startServer(
  model: SecurityModel = 'mapped-xattr',
  { session, view, idleTimeoutMs, clock, maxConnections = 100, mayLog = false }: LiveOptions = {},
): Promise<LiveServer> {
  const open = openDescriptors()
  const scratch = mkdtempSync(join(tmpdir(), 'virtfs-live-'))
  const [tree, outside, socket] = ['tree', 'outside', 'socket'].map((name) => join(scratch, name)) as [
    string,
    string,
    string,
  ]
  for (const path of [tree, outside, join(outside, 'directory')]) mkdirSync(path)
  for (const path of ['secret', 'directory/secret']) writeFileSync(join(outside, path), 'secret')
  const before = snapshot(outside)

  const lines: string[] = []
  const log = (level: string, line: string): void => void lines.push(`${level}: ${line}`)
  const exported = openExport(tree, model, {})
  const budget = new DescriptorBudget(1000)
  const settings = {
    view: { ...viewDefaults, ...view },
    session: { ...sessionDefaults, ...session },
    throttling: undefined,
    idleTimeoutMs,
  }
  const host = new InThreadHost({ ...exported, settings, budget, log, ...(clock && { clock }) })
  const server = new Server({
    tree: exported.tree,
    host,
    maxConnections,
    peers: new AllowedPeers(process.geteuid?.() ?? 0),
    log,
  })
  await server.listen([{ kind: 'unix', path: socket }])
  return {
    tree,
    outside,
    socket,
    address: `unix:${socket}`,
    log: lines,
    budget,
    attach: async () => {
      const client = await Client.connect({ path: socket }, { msize: settings.session.msize })
      return { client, root: await client.attach(0), [Symbol.asyncDispose]: () => client.close() }
    },
    raw: () => RawClient.connect({ path: socket }),
    stop: () => server.stop(),
    [Symbol.asyncDispose]: async () => {
      await server.stop()
      const leaked = (): string[] =>
        Object.entries(openDescriptors())
          .filter(([number, target]) => open[number] !== target)
          .map((pair) => `open: ${pair.join(' ')}`)
      for (let left = TURNS; left > 0 && leaked().length > 0; left -= 1) await turn()
      const after = snapshot(outside)
      removeTree(scratch)
      const complaints = leaked()
      if (!mayLog) complaints.push(...lines.filter((line) => /^(error|warn):/.test(line)))
      if (JSON.stringify(after) !== JSON.stringify(before)) complaints.push('something outside the tree was touched')
      if (complaints.length > 0) throw new Error(`The server did not end well: ${complaints.join('; ')}`)
    },
  }
}
