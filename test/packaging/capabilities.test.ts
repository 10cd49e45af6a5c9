// passthrough.conf gives a server of passthrough the capabilities that it needs, and none that it does not.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, lstatSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Client } from '../../src/client/client.js'
import { isErrno } from '../../src/errors.js'
import { guestGid, guestUid } from '../../src/ids.js'
import { nameFromText } from '../../src/name.js'
import { SETATTR_GID, SETATTR_MODE, SETATTR_UID } from '../../src/wire/constants.js'
import { PROGRAM } from '../commands/run.js'
import { which } from '../support/guest/requirements.js'
import { HostTree } from '../support/host/tree.js'
import { unitText, valuesOf } from '../support/unit.js'

const granted = valuesOf(unitText('passthrough.conf'), 'CapabilityBoundingSet').join(' ').split(' ')

/** A server of passthrough that is root, with these capabilities and no others. */
class LimitedServer implements AsyncDisposable {
  private constructor(
    private readonly child: ChildProcess,
    private readonly address: string,
  ) {}

  static async start(tree: HostTree, capabilities: readonly string[]): Promise<LimitedServer> {
    const set = ['-all', ...capabilities.map((name) => `+${name.replace(/^CAP_/, '').toLowerCase()}`)].join(',')
    const address = `unix:${tree.path}.sock`
    const serve = [
      process.execPath,
      PROGRAM,
      'serve',
      tree.path,
      '--security-model',
      'passthrough',
      '--listen',
      address,
    ]
    const child = spawn('setpriv', ['--no-new-privs', `--bounding-set=${set}`, `--inh-caps=${set}`, ...serve], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    await Promise.race([once(child.stdout, 'data'), once(child, 'close')])
    if (child.exitCode !== null) throw new Error('Cannot start a server with fewer capabilities')
    return new LimitedServer(child, address)
  }

  connect(): Promise<Client> {
    return Client.connect(this.address)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGTERM')
    await once(this.child, 'close')
  }
}

const STRANGER = 4242
const nothing = { size: 0, atimeSec: 0, atimeNsec: 0, mtimeSec: 0, mtimeNsec: 0 }

/** What a guest's root does that takes a capability: done, or refused. */
const deeds: Readonly<Record<string, (client: Client, root: number, tree: HostTree) => Promise<boolean>>> = {
  CAP_CHOWN: async (client, root, tree) => {
    const change = { valid: SETATTR_UID | SETATTR_GID, mode: 0, uid: guestUid(STRANGER), gid: guestGid(STRANGER) }
    await client.call('Tsetattr', { fid: await client.walk(root, 'own'), ...change, ...nothing })
    return lstatSync(tree.at('own')).uid === STRANGER
  },
  CAP_DAC_OVERRIDE: async (client, root) => {
    const content = await client.readFile(await client.walk(root, 'closed'))
    return content.toString() === 'content'
  },
  CAP_FOWNER: async (client, root, tree) => {
    const change = { valid: SETATTR_MODE, mode: 0o604, uid: guestUid(0), gid: guestGid(0) }
    await client.call('Tsetattr', { fid: await client.walk(root, 'stranger'), ...change, ...nothing })
    return (lstatSync(tree.at('stranger')).mode & 0o7777) === 0o604
  },
  CAP_FSETID: async (client, root, tree) => {
    const change = { valid: SETATTR_MODE, mode: 0o2755, uid: guestUid(0), gid: guestGid(0) }
    await client.call('Tsetattr', { fid: await client.walk(root, 'group'), ...change, ...nothing })
    return (lstatSync(tree.at('group')).mode & 0o7777) === 0o2755
  },
  CAP_MKNOD: async (client, root, tree) => {
    const node = { name: nameFromText('null'), mode: 0o020644, major: 1, minor: 3, gid: guestGid(0) }
    await client.call('Tmknod', { dfid: root, ...node })
    return lstatSync(tree.at('null')).isCharacterDevice()
  },
}

/** A tree with objects of the server's own and of strangers. */
function makeTree(): HostTree {
  const tree = new HostTree()
  for (const name of ['own', 'stranger', 'group', 'closed']) writeFileSync(tree.at(name), 'content')
  chmodSync(tree.at('closed'), 0o600)
  for (const name of ['stranger', 'closed']) chownSync(tree.at(name), STRANGER, STRANGER)
  chownSync(tree.at('group'), 0, STRANGER)
  return tree
}

/** Which deeds a server with these capabilities can do. */
async function possible(capabilities: readonly string[]): Promise<string[]> {
  using tree = makeTree()
  await using server = await LimitedServer.start(tree, capabilities)
  await using client = await server.connect()
  const root = await client.attach(0)
  const done: string[] = []
  for (const [name, deed] of Object.entries(deeds)) {
    try {
      if (await deed(client, root, tree)) done.push(name)
    } catch (cause) {
      if (!isErrno(cause, 'EPERM') && !isErrno(cause, 'EACCES')) throw cause
    }
  }
  return done
}

const canRun = process.getuid?.() === 0 && which('setpriv') !== undefined

describe.skipIf(!canRun)('a server of passthrough', () => {
  it('can do all with the capabilities that it is given', async () => {
    expect(await possible(granted)).toEqual(Object.keys(deeds))
  })

  it.each(Object.keys(deeds))('and cannot do without %s', async (capability) => {
    const rest = granted.filter((name) => name !== capability)
    expect(await possible(rest)).toEqual(Object.keys(deeds).filter((name) => name !== capability))
  })
})

it('each capability that is given has its deed', () => {
  expect([...granted].sort()).toEqual(Object.keys(deeds).sort())
})
