// Where a server listens that was not told where.

import { chownSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { defaultAddress, type DefaultAddress } from '../../commands/support/runtime-directory.js'
import { UsageError } from '../../src/errors.js'
import { isRoot, nobody } from '../support/host/nobody.js'
import { HostTree } from '../support/host/tree.js'

const uid = process.geteuid?.() ?? 0

function addressFor(
  tree: string,
  host: HostTree,
  runtimeDirectory?: string,
): DefaultAddress & { readonly path: string } {
  const found = defaultAddress(tree, { uid, runtimeDirectory, temporaryDirectory: host.path })
  if (found.address.kind !== 'unix') throw new Error('the default is no unix socket')
  return { ...found, path: found.address.path }
}

describe('the socket is named after the tree', () => {
  it.each([
    ['/srv/guest', 'guest'],
    ['/srv/guest/', 'guest'],
    ['/srv/guest/.', 'guest'],
    ['/', 'root'],
    ['/srv/.hidden', 'hidden'],
    ['/srv/-rf', 'rf'],
    ['/srv/a b\n$(c)', 'a_b_c_'],
    ['/srv/é', '_'],
    ['/srv/...', 'root'],
  ])('%j is %s.sock', (tree, name) => {
    using host = new HostTree()
    expect(addressFor(tree, host).path).toBe(`${host.path}/virtfs-${uid}/${name}.sock`)
  })

  it('and cut so that the whole path fits a socket address', () => {
    using host = new HostTree()
    const { path } = addressFor(`/srv/${'x'.repeat(200)}`, host)
    expect(path).toHaveLength(107)
    expect(path.endsWith('x.sock')).toBe(true)
  })

  it('unless the directory alone is too long, which is refused', () => {
    using host = new HostTree()
    const deep = host.at('d'.repeat(100))
    mkdirSync(deep)
    expect(() => addressFor('/srv/guest', host, deep)).toThrow(UsageError)
    expect(existsSync(`${deep}/virtfs`)).toBe(false)
  })
})

describe('its directory', () => {
  it('is made once, and taken back only by who made it, while it is empty', () => {
    using host = new HostTree()
    const first = addressFor('/srv/a', host)
    const second = addressFor('/srv/b', host)
    second.discard()
    expect(existsSync(dirname(first.path))).toBe(true)
    writeFileSync(first.path, '')
    first.discard()
    expect(existsSync(first.path)).toBe(true)
  })

  it.runIf(isRoot)('is refused when it is somebody else’s, whatever its mode', () => {
    using host = new HostTree()
    mkdirSync(host.at(`virtfs-${uid}`), { mode: 0o700 })
    chownSync(host.at(`virtfs-${uid}`), nobody.uid, nobody.gid)
    expect(() => addressFor('/srv/guest', host)).toThrow(/EPERM \(it belongs to uid 65534;/)
  })

  it.runIf(isRoot)('is not the runtime directory of another user, as under sudo', () => {
    using host = new HostTree()
    const theirs = host.at('theirs')
    mkdirSync(theirs)
    chownSync(theirs, nobody.uid, nobody.gid)
    expect(addressFor('/srv/guest', host, theirs).path).toBe(`${host.path}/virtfs-${uid}/guest.sock`)
    expect(existsSync(`${theirs}/virtfs`)).toBe(false)
  })
})
