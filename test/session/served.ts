// A tree served over a real unix socket by a server in this process. Whoever stops it learns of every descriptor that the
// server, its connections or the test's own clients left open.

import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { removeTree } from '../../fixtures/remove-tree.js'
import { Client } from '../../src/client/client.js'
import { RawClient } from '../../src/client/raw-client.js'
import type { SecurityModel } from '../../src/ownership/models.js'
import { openExport } from '../../src/serve/export.js'
import { Server } from '../../src/serve/server.js'
import { DescriptorBudget } from '../../src/view/descriptor-budget.js'
import { openDescriptors } from '../support/host/descriptors.js'

export interface ServedOptions {
  readonly model?: SecurityModel
  readonly isReadOnly?: boolean
  /** The server's most. */
  readonly msize?: number
}

export interface Attached extends AsyncDisposable {
  readonly client: Client
  /** The fid of the root, attached as the guest's root. */
  readonly root: number
}

export interface Served extends AsyncDisposable {
  readonly tree: string
  readonly socket: string
  client(): Promise<Attached>
  raw(): Promise<RawClient>
}

/** Turns of the event loop within which closed sockets give back their descriptors: far more than it takes. */
const TURNS = 1000

/** Starts a server. Dispose stops it, and throws when it logged anything or left a descriptor open. */
export async function serve({
  model = 'mapped-xattr',
  isReadOnly = false,
  msize = 1 << 20,
}: ServedOptions = {}): Promise<Served> {
  const before = openDescriptors()
  const scratch = mkdtempSync(join(tmpdir(), 'virtfs-served-'))
  const [tree, socket] = [join(scratch, 'tree'), join(scratch, 'socket')]
  mkdirSync(tree)
  const log: string[] = []
  const budget = new DescriptorBudget(1000)
  const server = new Server({
    ...openExport(tree, model, {}),
    isReadOnly,
    msize,
    budget,
    log: (line) => log.push(line),
  })
  await server.listen([{ kind: 'unix', path: socket }])
  return {
    tree,
    socket,
    client: async () => {
      const client = await Client.connect({ path: socket }, { msize })
      return { client, root: await client.attach(0), [Symbol.asyncDispose]: () => client.close() }
    },
    raw: () => RawClient.connect({ path: socket }),
    [Symbol.asyncDispose]: async () => {
      await server.stop()
      const leaked = (): string[] => {
        const now = Object.entries(openDescriptors())
        return now.filter(([number, target]) => before[number] !== target).map((pair) => pair.join(' '))
      }
      for (let left = TURNS; left > 0 && leaked().length > 0; left -= 1) await turn()
      removeTree(scratch)
      const complaints = [...leaked().map((descriptor) => `open: ${descriptor}`), ...log]
      if (complaints.length > 0) throw new Error(`The server did not end well: ${complaints.join('; ')}`)
    },
  }
}
