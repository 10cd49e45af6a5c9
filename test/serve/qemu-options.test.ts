// QEMU's own option strings: what they come to mean, and every refusal.

import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/errors.js'
import { parseFsdev, parseVirtfs, type QemuExport } from '../../src/serve/options/qemu-options.js'

const parsers = { virtfs: parseVirtfs, fsdev: parseFsdev } as const
const needed = {
  virtfs: 'local,path=/srv,security_model=mapped-xattr,mount_tag=t',
  fsdev: 'local,path=/srv,security_model=mapped-xattr',
} as const
const plain = { path: '/srv', securityModel: 'mapped-xattr', isReadOnly: false, throttling: { limits: {} } } as const

function refusalOf(action: () => unknown): string {
  try {
    action()
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(UsageError)
    return (thrown as UsageError).message
  }
  throw new Error('It was understood')
}

describe('an option string', () => {
  it('of -virtfs', () => {
    const text = 'local,path=/tmp/,security_model=passthrough,mount_tag=v_tmp'
    expect(parseVirtfs(text)).toStrictEqual({
      path: '/tmp/',
      securityModel: 'passthrough',
      isReadOnly: false,
      throttling: { limits: {} },
      mountTag: 'v_tmp',
    })
  })

  it('of -fsdev', () => {
    const text = 'local,id=fs0,path=/srv,security_model=mapped-file'
    expect(parseFsdev(text)).toStrictEqual({ ...plain, securityModel: 'mapped-file', id: 'fs0' })
  })

  it('with everything in it', () => {
    const text =
      'local,id=fs0,path=/srv/a,,b=c,mount_tag=t,security_model=none,security_model=mapped,readonly=yes,' +
      'fmode=0640,dmode=0x1e8,multidevs=forbid,writeout=immediate,max_xattr=16,' +
      'throttling.bps-read=1000,throttling.bps-read-max=2000,throttling.bps-read-max-length=3,' +
      'throttling.iops-total=10,throttling.iops-size=4096'
    expect(parseVirtfs(text)).toStrictEqual({
      path: '/srv/a,b=c',
      securityModel: 'mapped-xattr',
      isReadOnly: true,
      fmode: 0o640,
      dmode: 0o750,
      multidevs: 'forbid',
      writeout: 'immediate',
      throttling: {
        limits: {
          'bps-read': { average: 1000, max: 2000, burstSeconds: 3 },
          'iops-total': { average: 10, burstSeconds: 1 },
        },
        iopsSize: 4096,
      },
      maxXattr: 16,
      mountTag: 't',
      id: 'fs0',
    })
  })
})

describe.each(['virtfs', 'fsdev'] as const)('in %s', (kind) => {
  const understood: readonly (readonly [option: string, meaning: Partial<QemuExport>])[] = [
    ['security_model=mapped', { securityModel: 'mapped-xattr' }],
    ['security_model=mapped-file', { securityModel: 'mapped-file' }],
    ['security_model=none', { securityModel: 'none' }],
    ['readonly', { isReadOnly: true }],
    ['noreadonly', { isReadOnly: false }],
    ['readonly=on,readonly=off', { isReadOnly: false }],
    ['readonly=y', { isReadOnly: true }],
    ['path=/other', { path: '/other' }],
    ['path', { path: 'on' }],
    ['path=,path=/other', { path: '/other' }],
    ['fmode=640', { fmode: 0o200 }],
    ['fmode=0100644,dmode=01777', { fmode: 0o644, dmode: 0o777 }],
    ['fmode=-1', { fmode: 0o777 }],
    ['fmode=1,fmode=2', { fmode: 2 }],
    ['multidevs=x,multidevs=warn', { multidevs: 'warn' }],
    ['multidevs=remap', { multidevs: 'remap' }],
    ['max_xattr=0', { maxXattr: 0 }],
    ['max_xattr=0x400', { maxXattr: 1024 }],
    ['id=a_B-c.9,id=9', { id: 'a_B-c.9' }],
    ['id', { id: 'on' }],
    ['throttling.bps-write=5', { throttling: { limits: { 'bps-write': { average: 5, burstSeconds: 1 } } } }],
    ['throttling.bps-write=5,throttling.bps-write=0', { throttling: { limits: {} } }],
    ['fsdriver=local,', {}],
  ]
  it.each(understood)('%s is understood', (option, meaning) => {
    const tag = kind === 'virtfs' ? { mountTag: 't' } : {}
    expect(parsers[kind](`${needed[kind]},${option}`)).toStrictEqual({ ...plain, ...tag, ...meaning })
  })

  const notANumber = 'not a number of 64 bits (0640 is octal, 0x1a0 hexadecimal, 416 decimal)'
  const notAModel = 'not one of mapped-xattr, mapped-file, passthrough, none'
  const notServed = 'it belongs to the proxy driver, which is not served (leave it out)'
  const notAnId = 'not an identifier (a letter, then letters, digits, "-", "." or "_")'
  const unknown =
    'there is no such option (known are fsdriver, path, security_model, mount_tag, id, readonly, fmode, dmode, ' +
    'multidevs, writeout, max_xattr, throttling.*)'
  const unknownBare = 'there is no such option (a comma inside a value is written ,,)'
  const refused: readonly (readonly [option: string, why: string])[] = [
    ['fsdriver=proxy', 'it needs a helper that QEMU removed in 9.2 (write local)'],
    ['fsdriver=synth', "it has no directory to serve, and is for QEMU's own tests (write local)"],
    ['fsdriver=handle', 'QEMU removed it in 4.0 (write local)'],
    ['fsdriver=Local', 'there is no such driver (write local)'],
    ['path=', 'it names no directory'],
    ['security_model=xyz', notAModel],
    ['security_model=', notAModel],
    ['security_model', notAModel],
    ['security_model=toString', notAModel],
    ['id=9', notAnId],
    ['id=a/b', notAnId],
    ['id=', notAnId],
    ['readonly=1', 'neither on nor off'],
    ['readonly=ON', 'neither on nor off'],
    ['readonly=', 'neither on nor off'],
    ['fmode=zz', notANumber],
    ['fmode=08', notANumber],
    ['fmode', notANumber],
    ['nodmode', notANumber],
    ['dmode=99999999999999999999', notANumber],
    ['max_xattr=many', notANumber],
    ['throttling.bps-total=1k', notANumber],
    ['multidevs=x', 'not one of remap, forbid, warn'],
    ['multidevs', 'not one of remap, forbid, warn'],
    ['writeout=x', 'only immediate means something (leave it out)'],
    ['writeout', 'only immediate means something (leave it out)'],
    ['writeout=', 'only immediate means something (leave it out)'],
    ['socket=/run/x', notServed],
    ['nosocket', notServed],
    ['sock_fd=3', notServed],
    ['bogus=1', unknown],
    ['Path=/srv', unknown],
    [' path=/srv', unknown],
    ['throttling.bps=1', unknown],
    ['help=on', unknown],
    ['bogus', unknownBare],
    ['nobogus', unknownBare],
    ['help', unknownBare],
    ['throttling.bps-total=-1', 'not a number from 0 to 1000000000000000'],
    ['throttling.iops-size=512', 'no number of requests is limited (add throttling.iops-total)'],
  ]
  it.each(refused)('%s is refused', (option, why) => {
    const line = `Cannot use "${option}" in --${kind}: ${why}`
    expect(refusalOf(() => parsers[kind](`${needed[kind]},${option}`))).toBe(line)
  })

  it.each([
    ['readonly=1,readonly=on', 'readonly=1'],
    ['fmode=x,fmode=1', 'fmode=x'],
    ['throttling.bps-total=x,throttling.bps-total=1', 'throttling.bps-total=x'],
  ])('%s is refused for what is overridden', (options, culprit) => {
    expect(refusalOf(() => parsers[kind](`${needed[kind]},${options}`))).toContain(`Cannot use "${culprit}" in `)
  })

  it.each(['proxy,socket=/run/x', 'synth,readonly=on', 'handle,path=/srv', 'x', ',path=/srv', 'local,,x'])(
    'the driver of %j is refused',
    (text) => {
      expect(refusalOf(() => parsers[kind](text))).toMatch(/^Cannot use "[^"]*" in --\w+: .* \(write local\)$/)
    },
  )

  it.each(['passthrough', 'none'])('fmode and dmode are refused with %s', (model) => {
    for (const option of ['fmode', 'dmode']) {
      expect(refusalOf(() => parsers[kind](`${needed[kind]},${option}=0640,security_model=${model}`))).toBe(
        `Cannot use ${option} with ${model} in --${kind}: it is only valid for the mapped security models`,
      )
    }
  })

  it.each([
    ['path', 'path', 'add path=DIRECTORY'],
    ['security_model', 'security_model', 'add security_model= and one of mapped-xattr, mapped-file, passthrough, none'],
    ['local', 'fsdriver', 'begin with local,'],
  ])('a missing %s is named', (key, named, advice) => {
    const text = needed[kind]
      .split(',')
      .filter((element) => !element.startsWith(key))
      .join(',')
    expect(refusalOf(() => parsers[kind](text))).toBe(`Cannot use --${kind} "${text}": no ${named} given (${advice})`)
  })

  it('nothing at all is refused', () => {
    expect(refusalOf(() => parsers[kind](''))).toBe(`Cannot use --${kind} "": no fsdriver given (begin with local,)`)
  })

  it('a refusal is one line, whatever was typed', () => {
    expect(refusalOf(() => parsers[kind](`${needed[kind]},a\nb=1\x1b`))).toMatch(
      /^Cannot use "a\\nb=1\\u001b" in --\w+: .*$/,
    )
  })
})

describe('a mount tag', () => {
  const withTag = (tag: string): string => `local,path=/srv,security_model=none,mount_tag=${tag}`

  it.each(['x'.repeat(31), 'a/b', '9', `${'é'.repeat(15)}x`])('%s is one', (tag) => {
    expect(parseVirtfs(withTag(tag))).toMatchObject({ mountTag: tag })
  })

  it.each([
    ['x'.repeat(32), 'it has 32 bytes (at most 31)'],
    ['é'.repeat(16), 'it has 32 bytes (at most 31)'],
    ['', 'a guest mounts by it (give it a name)'],
  ])('%j is none', (tag, why) => {
    expect(refusalOf(() => parseVirtfs(withTag(tag)))).toBe(`Cannot use "mount_tag=${tag}" in --virtfs: ${why}`)
  })

  it('is missed in -virtfs', () => {
    expect(refusalOf(() => parseVirtfs(needed.fsdev))).toBe(
      `Cannot use --virtfs "${needed.fsdev}": no mount_tag given (add mount_tag=NAME)`,
    )
  })

  it('is refused in -fsdev', () => {
    expect(refusalOf(() => parseFsdev(needed.virtfs))).toBe(
      'Cannot use "mount_tag=t" in --fsdev: QEMU takes it with -device (leave it out, or use --virtfs)',
    )
  })
})
