// The file of a unix socket: who can connect, from the moment it is there.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, lstatSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer, Server } from 'node:net'
import { dirname } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { explainListenError, listenPrivately } from '../../src/serve/sockets/unix-socket.js'
import { setxattr } from '../../src/sys/xattr.js'
import { asNobody, isRoot, nobody } from '../support/host/nobody.js'
import { HostTree } from '../support/host/tree.js'

let host: HostTree
const servers: Server[] = []
beforeAll(() => {
  host = new HostTree()
  chmodSync(host.path, 0o755)
})
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})
afterAll(() => host[Symbol.dispose]())

async function listening(path: string, mode?: 0o600 | 0o666): Promise<void> {
  const server = createServer((socket) => socket.destroy())
  servers.push(server)
  listenPrivately(server, path, mode)
  await once(server, 'listening')
}

/** Connects as a user without privilege: `connected`, or why not. */
async function connectAsNobody(path: string): Promise<string> {
  const program = `
    use Socket; use Errno;
    socket my $socket, PF_UNIX, SOCK_STREAM, 0 or die;
    print connect($socket, pack_sockaddr_un($ARGV[0])) ? 'connected' : $!{EACCES} ? 'EACCES' : "$!"`
  const child = spawn('perl', ['-e', program, path], { ...nobody, cwd: '/', stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  await once(child, 'close')
  return said
}

/** Gives whatever is made in the directory to everybody, unless its maker says otherwise (struct posix_acl_xattr_entry). */
function giveToEverybody(directory: string): void {
  const entries = [
    ...[0x01, 7, 0xffff_ffff],
    ...[0x02, 7, nobody.uid],
    ...[0x04, 7, 0xffff_ffff],
    ...[0x10, 7, 0xffff_ffff],
    ...[0x20, 7, 0xffff_ffff],
  ]
  const acl = Buffer.alloc(4 + 5 * 8)
  acl.writeUInt32LE(2)
  for (let index = 0; index < 5; index++) {
    acl.writeUInt16LE(entries[index * 3] ?? 0, 4 + index * 8)
    acl.writeUInt16LE(entries[index * 3 + 1] ?? 0, 6 + index * 8)
    acl.writeUInt32LE(entries[index * 3 + 2] ?? 0, 8 + index * 8)
  }
  using opened = host.directory(directory)
  setxattr(opened, 'system.posix_acl_default', acl)
}

describe("a socket's file", () => {
  it.each([
    [undefined, 0o600, 0o177],
    [0o600, 0o600, 0o177],
    [0o666, 0o666, 0o111],
  ] as const)('bound with mode %s is %o from its first moment', (mode, expected, umask) => {
    const before = process.umask()
    const path = host.at(`mode-${mode}`)
    let during: number | undefined
    // bind(2) makes the file, with what the umask leaves of 0777; nothing changes it afterwards.
    class Observed extends Server {
      override listen(...where: unknown[]): this {
        during = process.umask()
        super.listen(...(where as [string]))
        expect(lstatSync(path).mode & 0o777).toBe(expected)
        return this
      }
    }
    const server = new Observed()
    servers.push(server)
    listenPrivately(server, path, mode)
    expect(during).toBe(umask)
    expect(process.umask()).toBe(before)
    expect(lstatSync(path).mode & 0o777).toBe(expected)
  })

  it.each([
    ['missing/socket', 'ENOENT (make the directory DIRECTORY first)'],
    ['file/socket', 'ENOTDIR (DIRECTORY is no directory)'],
  ])('that cannot be made at %s leaves the umask as it was, and says why', async (name, why) => {
    writeFileSync(host.at('file'), '')
    const before = process.umask()
    const server = createServer()
    const refused = once(server, 'error') as Promise<[NodeJS.ErrnoException]>
    const path = host.at(name)
    listenPrivately(server, path)
    expect(process.umask()).toBe(before)
    const [error] = await refused
    const reason = why.replace('DIRECTORY', dirname(path))
    expect(explainListenError(error, `unix:${path}`, path).message).toBe(`Cannot listen on "unix:${path}": ${reason}`)
  })

  it.skipIf(!isRoot)('that may not be made says so', async () => {
    mkdirSync(host.at('closed'), { mode: 0o700 })
    const path = host.at('closed/socket')
    const server = createServer()
    const refused = once(server, 'error') as Promise<[NodeJS.ErrnoException]>
    asNobody(() => listenPrivately(server, path))
    const [error] = await refused
    expect(explainListenError(error, `unix:${path}`, path).message).toBe(
      `Cannot listen on "unix:${path}": EACCES (no permission to write in ${dirname(path)})`,
    )
  })

  describe.skipIf(!isRoot)('and another user', () => {
    it('who may not connect when it is 0600, but may when it is 0666', async () => {
      await listening(host.at('private'))
      expect(await connectAsNobody(host.at('private'))).toBe('EACCES')
      await listening(host.at('open'), 0o666)
      expect(await connectAsNobody(host.at('open'))).toBe('connected')
    })

    it('whom a default ACL of the directory lets in, too, has no way in when it is 0600', async () => {
      mkdirSync(host.at('acl'), 0o755)
      giveToEverybody('acl')
      await listening(host.at('acl/private'))
      expect(await connectAsNobody(host.at('acl/private'))).toBe('EACCES')
    })
  })
})
