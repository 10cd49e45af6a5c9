// Connections in threads of their own: what goes wrong in one is that connection's end, and nobody else's. The threads
// run the built program.

import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { removeTree } from '../../fixtures/remove-tree.js'
import { Client } from '../../src/client/client.js'
import { guestGid } from '../../src/ids.js'
import { nameFromText } from '../../src/name.js'
import { viewDefaults } from '../../src/serve/connection-settings.js'
import { AllowedPeers } from '../../src/serve/sockets/peers.js'
import type { Server } from '../../src/serve/server.js'
import { sessionDefaults } from '../../src/session/settings.js'
import { projectRoot } from '../support/guest/project.js'
import { openDescriptors } from '../support/host/descriptors.js'

const built = async <T>(path: string): Promise<T> =>
  (await import(pathToFileURL(join(projectRoot, 'dist/src', `${path}.js`)).href)) as T

const { openExport } = await built<typeof import('../../src/serve/export.js')>('serve/export')
const { Server: BuiltServer } = await built<typeof import('../../src/serve/server.js')>('serve/server')
const { WorkerHost } = await built<typeof import('../../src/serve/threads/worker-host.js')>('serve/threads/worker-host')

let scratch: string
let tree: string
let server: Server
let log: string[]

beforeEach(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'virtfs-threads-'))
  tree = join(scratch, 'tree')
  mkdirSync(tree)
  writeFileSync(join(tree, 'file'), 'content')
  log = []
  const say = (level: string, line: string): void => void log.push(`${level}: ${line}`)
  const exported = openExport(tree, 'mapped-xattr', {})
  const host = new WorkerHost({
    tree: exported.tree,
    settings: {
      securityModel: 'mapped-xattr',
      modelOptions: {},
      view: viewDefaults,
      session: sessionDefaults,
      throttling: undefined,
      idleTimeoutMs: undefined,
    },
    descriptors: 1000,
    log: say,
    heapMaxMiB: 64,
    entry: new URL('./crashing-worker.mjs', import.meta.url),
  })
  server = new BuiltServer({
    tree: exported.tree,
    host,
    maxConnections: 10,
    peers: new AllowedPeers(process.geteuid?.() ?? 0),
    log: say,
  })
  await server.listen([{ kind: 'unix', path: join(scratch, 'socket') }])
})
afterEach(async () => {
  await server.stop()
  removeTree(scratch)
})

interface Attached extends AsyncDisposable {
  readonly client: Client
  readonly root: number
}

async function attach(): Promise<Attached> {
  const client = await Client.connect({ path: join(scratch, 'socket') }, { msize: 65_536 })
  return { client, root: await client.attach(0), [Symbol.asyncDispose]: () => client.close() }
}

/** Opens the file and locks it, as process 1 of a host of this name; returns the lock's status. */
async function lock({ client, root }: Attached, clientId: string): Promise<number> {
  const fid = await client.walk(root, 'file')
  await client.call('Tlopen', { fid, flags: 2 })
  const range = { start: 0n, length: 0n, procId: 1, clientId }
  return (await client.call('Tlock', { fid, type: 1, flags: 0, ...range })).status
}

const [name, gid] = [nameFromText('new'), guestGid(0)] as const
const mishaps = {
  'crashes in JavaScript': ({ client, root }: Attached) =>
    client.call('Tmkdir', { dfid: root, name, mode: 0o755, gid }),
  'runs out of memory': ({ client, root }: Attached) =>
    client.call('Tmknod', { dfid: root, name, mode: 0o100644, major: 0, minor: 0, gid }),
} as const

const inTree = (): string[] => Object.values(openDescriptors()).filter((path) => path.startsWith(`${tree}/`))

describe.each(Object.entries(mishaps))('a connection whose thread %s', (_title, goWrong) => {
  it('ends, says why, gives back its files and locks, and disturbs nobody', { timeout: 120_000 }, async () => {
    await using victim = await attach()
    await using witness = await attach()
    expect([await lock(victim, 'victim'), await lock(witness, 'witness')]).toEqual([0, 1])
    expect(inTree().length).toBeGreaterThan(1)

    const asked = Array.from({ length: 500 }, () =>
      witness.client.call('Tgetattr', { fid: witness.root, requestMask: 0 }),
    )
    // The crash may come before or after the answer.
    await goWrong(victim).catch(() => undefined)
    await expect(
      (async () => {
        for (;;) await victim.client.call('Tgetattr', { fid: victim.root, requestMask: 0 })
      })(),
    ).rejects.toThrow()

    const modes = new Set((await Promise.all(asked)).map(({ mode }) => mode & 0o170000))
    expect(modes).toEqual(new Set([0o040000]))
    await vi.waitFor(() => expect(log.some((line) => /^error: connection 1: defect: /.test(line))).toBe(true), 10_000)
    await vi.waitFor(async () => expect(await lock(witness, 'witness')).toBe(0), 10_000)
    await using later = await attach()
    expect((await later.client.readFile(await later.client.walk(later.root, 'file'))).toString()).toBe('content')
  })
})

it('nothing of a connection is left open, however it ended', async () => {
  // Of the tree and of /proc: a thread that starts has its program's files open.
  const descriptors = (): string[] =>
    Object.values(openDescriptors())
      .filter((path) => /^\/(tmp|proc)\//.test(path))
      .sort()
  // The server's own, and those of the thread that is ready for the next connection.
  await vi.waitFor(() => expect(descriptors().filter((path) => path === tree)).toHaveLength(2), 10_000)
  const before = descriptors()
  for (const goWrong of [undefined, mishaps['crashes in JavaScript']]) {
    {
      await using attached = await attach()
      await lock(attached, 'somebody')
      await goWrong?.(attached).catch(() => undefined)
    }
    await vi.waitFor(() => expect(inTree()).toEqual([]), 10_000)
  }
  await vi.waitFor(() => expect(descriptors()).toEqual(before), 10_000)
})

it('a thread that never comes back does not keep the server from stopping', { timeout: 60_000 }, async () => {
  await using stuck = await attach()
  await using witness = await attach()
  const fid = await stuck.client.walk(stuck.root, 'file')
  stuck.client.call('Tlink', { dfid: stuck.root, fid, name }).catch(() => undefined)
  expect((await witness.client.readdir(witness.root)).length).toBe(3)
  await server.stop()
  await expect(witness.client.call('Tgetattr', { fid: witness.root, requestMask: 0 })).rejects.toThrow()
  expect(inTree()).toEqual([])
})
