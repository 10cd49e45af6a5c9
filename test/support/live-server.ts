// A server in this process, on a unix socket beside its tree, with a directory next to the tree that nobody may touch.

import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { removeTree } from '../../fixtures/remove-tree.js'
import { Client } from '../../src/client/client.js'
import { RawClient } from '../../src/client/raw-client.js'
import type { SecurityModel } from '../../src/ownership/models.js'
import { openExport } from '../../src/serve/export.js'
import { Server } from '../../src/serve/server.js'
import { DescriptorBudget } from '../../src/view/descriptor-budget.js'
import { isRoot } from './host/nobody.js'
import { snapshot } from './snapshot.js'

/** What can be served to the guest's root: what keeps no owner of its own only by the host's root. */
export const servedModels: readonly SecurityModel[] = [
  'mapped-xattr',
  'mapped-file',
  ...(isRoot ? (['passthrough'] as const) : []),
]

export interface LiveServer extends AsyncDisposable {
  readonly tree: string
  readonly outside: string
  readonly address: string
  /** What the server logged: nothing, unless somebody misbehaved. */
  readonly log: readonly string[]
  /** Descriptors of the server's views. */
  readonly budget: DescriptorBudget
  /** A connected client and the fid of the root, attached as the guest's root. */
  attach(): Promise<{ readonly client: Client; readonly root: number } & AsyncDisposable>
  raw(): Promise<RawClient>
  /** Stops it before the end, as a signal would. */
  stop(): Promise<void>
}

/** Starts a server. Dispose stops it, and throws when anything outside the tree was touched. */
export async function startServer(
  model: SecurityModel,
  { isReadOnly = false, msize = 1 << 20 } = {},
): Promise<LiveServer> {
  const scratch = mkdtempSync(join(tmpdir(), 'virtfs-live-'))
  const [tree, outside] = [join(scratch, 'tree'), join(scratch, 'outside')]
  for (const path of [tree, outside, join(outside, 'directory')]) mkdirSync(path)
  for (const path of ['secret', 'directory/secret']) writeFileSync(join(outside, path), 'secret')
  const before = snapshot(outside)

  const log: string[] = []
  const address = `unix:${join(scratch, 'socket')}`
  const exported = openExport(tree, model, {})
  const budget = new DescriptorBudget(1000)
  const server = new Server({ ...exported, isReadOnly, msize, budget, log: (line) => log.push(line) })
  await server.listen([{ kind: 'unix', path: join(scratch, 'socket') }])
  return {
    tree,
    outside,
    address,
    log,
    attach: async () => {
      const client = await Client.connect(address, { msize })
      return { client, root: await client.attach(0), [Symbol.asyncDispose]: () => client.close() }
    },
    budget,
    raw: () => RawClient.connect(address),
    stop: () => server.stop(),
    [Symbol.asyncDispose]: async () => {
      await server.stop()
      const after = snapshot(outside)
      removeTree(scratch)
      if (JSON.stringify(after) !== JSON.stringify(before)) throw new Error('Something outside the tree was touched')
    },
  }
}
