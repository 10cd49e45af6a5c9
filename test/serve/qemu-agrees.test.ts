// The option strings once more, read by a real QEMU: what it takes and what it refuses is no opinion of ours.

import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { UsageError } from '../../src/errors.js'
import { parseFsdev, parseVirtfs } from '../../src/serve/options/qemu-options.js'
import { requireGuestTools } from '../support/guest/requirements.js'
import { describeGuest } from '../support/guest/suite.js'
import { HostTree } from '../support/host/tree.js'

type Kind = 'fsdev' | 'virtfs'

let host: HostTree
beforeAll(() => {
  host = new HostTree()
})
afterAll(() => host[Symbol.dispose]())

/** Refused by QEMU after it has read every option string, so that it ends by itself, and says what it came to. */
const SENTINEL = 'no-such-device'

function isTakenByQemu(kind: Kind, text: string): boolean {
  const machine = kind === 'fsdev' ? 'none' : 'pc,accel=tcg'
  const argv = ['-S', '-display', 'none', '-nodefaults', '-machine', machine, `-${kind}`, text, '-device', SENTINEL]
  const { stderr, error } = spawnSync(requireGuestTools().programs.qemu, argv, {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    timeout: 20_000,
    killSignal: 'SIGKILL',
  })
  if (error !== undefined) throw error
  return stderr.includes(`'${SENTINEL}' is not a valid device model name`)
}

function isTakenByUs(kind: Kind, text: string): boolean {
  try {
    const parse = kind === 'fsdev' ? parseFsdev : parseVirtfs
    parse(text)
    return true
  } catch (thrown) {
    if (thrown instanceof UsageError) return false
    throw thrown
  }
}

/** Both opinions on `options` behind what every string needs. */
function opinions(kind: Kind, options: string): { readonly qemu: boolean; readonly ours: boolean } {
  const given = kind === 'fsdev' ? 'id=a' : 'mount_tag=a'
  return opinionsOf(kind, `local,${given},path=${host.path},security_model=mapped-xattr,${options}`)
}

const opinionsOf = (kind: Kind, text: string): { readonly qemu: boolean; readonly ours: boolean } => ({
  qemu: isTakenByQemu(kind, text),
  ours: isTakenByUs(kind, text),
})

const bps = 'throttling.bps-total'

describeGuest('QEMU and virtfs agree', () => {
  describe('that it may be', () => {
    it.each([
      ...['readonly', 'noreadonly', 'readonly=y', 'readonly=false,readonly=on', 'security_model=mapped'],
      ...['security_model=xyz,security_model=none', 'multidevs=x,multidevs=forbid', 'id=9', 'fsdriver=local,'],
      ...['fmode=640', 'fmode= 0x1F', 'dmode=-1', 'dmode=18446744073709551615', 'writeout=immediate', 'path'],
      ...[`${bps}=0x10`, `${bps}=1000000000000000`, `${bps}=5,${bps}=0,throttling.bps-read=5`],
      ...[`${bps}=5,throttling.iops-write=5`, `${bps}=5,${bps}-max=5`, `${bps}=5,${bps}-max-length=1`],
      ...[`${bps}=5,${bps}-max=500000000000000,${bps}-max-length=2`, 'throttling.iops-read=5,throttling.iops-size=-1'],
    ])('-fsdev …,%s', (options) => {
      expect(opinions('fsdev', options)).toEqual({ qemu: true, ours: true })
    })

    it.each(['id=q', 'multidevs=warn,readonly=on', 'fmode=0640', `mount_tag=${'x'.repeat(31)}`, 'mount_tag=a/b,id=q'])(
      '-virtfs …,%s',
      (options) => {
        expect(opinions('virtfs', options)).toEqual({ qemu: true, ours: true })
      },
    )
  })

  describe('that it may not be', () => {
    it.each([
      ...['readonly=1', 'readonly=ON', 'readonly=1,readonly=on', 'readonly=on,,x', 'noreadonly=on', 'readonly,,x'],
      ...['fmode=08', 'fmode=', 'fmode', 'fmode=1 ', 'fmode=0x', 'fmode=0o17', 'fmode=x,fmode=1'],
      ...['dmode=18446744073709551616', 'dmode=-18446744073709551616', 'fmode=0640,security_model=none'],
      ...['multidevs', 'security_model=', 'socket=', 'sock_fd=3', 'mount_tag=a', 'bogus', 'Path=/', 'x=1', '=', 'help'],
      ...['fsdriver=proxy', 'fsdriver', 'local', 'no', 'throttling.bps=5'],
      ...[`${bps}=1k`, `${bps}=-1`, `${bps}=1000000000000001`, `${bps}=5,throttling.bps-write=5`],
      ...[`${bps}-max=5`, `${bps}=5,${bps}-max=4`, `${bps}-max-length=0`, `${bps}=5,${bps}-max-length=2`],
      ...[`${bps}=5,${bps}-max=500000000000000,${bps}-max-length=3`, `${bps}=5,throttling.iops-size=512`],
      ...[`${bps}=5,${bps}-max=9,throttling.bps-read-max=9`],
    ])('-fsdev …,%s', (options) => {
      expect(opinions('fsdev', options)).toEqual({ qemu: false, ours: false })
    })

    it.each(['multidevs=x', 'fmode=zz', 'id=9', 'sock_fd=3', `mount_tag=${'x'.repeat(32)}`, 'bogus=1'])(
      '-virtfs …,%s',
      (options) => {
        expect(opinions('virtfs', options)).toEqual({ qemu: false, ours: false })
      },
    )

    it.each(['', 'x,id=a', 'handle,id=a', 'local,id=a,path=/', 'local,id=a,security_model=none', 'local=,id=a'])(
      '-fsdev %s',
      (text) => {
        expect(opinionsOf('fsdev', text)).toEqual({ qemu: false, ours: false })
      },
    )

    it('-virtfs without a tag', () => {
      const text = `local,path=${host.path},security_model=none`
      expect(opinionsOf('virtfs', text)).toEqual({ qemu: false, ours: false })
    })
  })
})

describeGuest('QEMU and virtfs differ on purpose', () => {
  it('where QEMU takes what it then ignores', () => {
    expect(opinions('fsdev', 'writeout=x')).toEqual({ qemu: true, ours: false })
    expect(opinions('virtfs', 'security_model=none,fmode=0640')).toEqual({ qemu: true, ours: false })
    expect(opinions('virtfs', 'mount_tag=,id=q')).toEqual({ qemu: true, ours: false })
  })

  it('where there is nothing that an identifier would be needed for', () => {
    const text = `local,path=${host.path},security_model=none`
    expect(opinionsOf('fsdev', text)).toEqual({ qemu: false, ours: true })
    expect(opinionsOf('virtfs', `${text},mount_tag=a/b`)).toEqual({ qemu: false, ours: true })
  })

  it('where virtfs can do more: limits in -virtfs, and the max_xattr of later versions', () => {
    expect(opinions('virtfs', `${bps}=5`)).toEqual({ qemu: false, ours: true })
    expect(opinions('fsdev', 'max_xattr=5').ours).toBe(true)
  })

  it('where virtfs can do less: other drivers', () => {
    expect(opinionsOf('fsdev', 'synth,id=a')).toEqual({ qemu: true, ours: false })
  })
})
