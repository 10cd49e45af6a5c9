// Open flags come with x86's numbers from every client, and reach a host whose own may be others (reference §3.6).

import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { O_APPEND, O_DIRECT, O_DSYNC, O_EXCL, O_NOATIME, O_RDWR, O_SYNC, O_TRUNC } from '../../src/sys/constants.js'
import * as wire from '../../src/wire/constants.js'
import { Exchange } from '../support/exchange.js'

/** What the machines call O_DIRECTORY. */
const DIRECTORY = { x64: 0o200000, arm64: 0o40000 } as const

describe.each(['x64', 'arm64'] as const)('on %s', (arch) => {
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.resetModules()
  })

  const flagsOn = async (): Promise<(dotl: number) => number> => {
    vi.stubGlobal('process', Object.create(process, { arch: { value: arch } }))
    vi.resetModules()
    return (await import('../../src/session/open-flags.js')).hostOpenFlags
  }

  it.each([
    ['DIRECTORY', wire.DOTL_DIRECTORY, DIRECTORY[arch]],
    ['access, EXCL, TRUNC and APPEND', 0o3203, 3 | O_EXCL | O_TRUNC | O_APPEND],
    ['DSYNC, SYNC and NOATIME', wire.DOTL_DSYNC | wire.DOTL_SYNC | wire.DOTL_NOATIME, O_DSYNC | O_SYNC | O_NOATIME],
    ['DIRECT', wire.DOTL_DIRECT, 0],
    ['LARGEFILE and NOFOLLOW', wire.DOTL_LARGEFILE | wire.DOTL_NOFOLLOW, 0],
    ['CREATE, NOCTTY, NONBLOCK, FASYNC and CLOEXEC', 0o2_024_500, 0],
    ['PATH and TMPFILE, which the protocol does not have', 0o30_000_000, 0],
  ])('%s', async (_flags, dotl, host) => {
    expect((await flagsOn())(dotl)).toBe(host)
  })
})

it.each([
  ['Tlopen', 'file'],
  ['Tlcreate', 'new'],
] as const)('%s opens the host file with the flags that act, and no other', async (message, name) => {
  using exchange = await Exchange.attached({ furnish: (tree) => tree.write('file') })
  await exchange.walk(message === 'Tlopen' ? 'file' : '', 1)
  // All bits but DIRECTORY and EXCL.
  const flags = (0o7_777_777 & ~(wire.DOTL_DIRECTORY | wire.DOTL_EXCL | wire.DOTL_NOACCESS)) | wire.DOTL_RDWR
  if (message === 'Tlopen') await exchange.call('Tlopen', { fid: 1, flags })
  else await exchange.call('Tlcreate', { fid: 1, name: name as never, flags, mode: 0o644, gid: 0 as never })
  const { role } = exchange.session.fids.get(1, 'ENOENT')
  if (role?.kind !== 'file') throw new Error('It is not open as a file')
  const [, shown = ''] =
    /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${role.fd.number}`, 'latin1')) ?? []
  // CLOEXEC, NOFOLLOW, NONBLOCK and LARGEFILE are there whatever the client says, and mean nothing for a regular file.
  const wanted = O_RDWR | O_APPEND | O_DSYNC | O_SYNC | O_NOATIME
  const meaningful = wanted | wire.DOTL_FASYNC | O_DIRECT
  expect(Number.parseInt(shown, 8) & meaningful).toBe(wanted)
})
