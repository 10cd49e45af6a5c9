// Every way to look at directories, against node:fs, GNU stat and getfattr. Where hosts differ, their limits say so.

import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statfsSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Errno } from '../../src/errors.js'
import { BEGINNING, type Host, type HostDirectory, type Position, SELF } from '../../src/host/host-directory.js'
import { descriptorOf, linuxHost } from '../../src/host/linux-host.js'
import { portableHost } from '../../src/host/portable-host.js'
import { packDevice } from '../../src/ids.js'
import { bytesOf, type Name, nameFromText } from '../../src/name.js'
import { utf8Of } from '../../src/printable.js'
import type { Fd } from '../../src/sys/fd.js'
import { openPath } from '../../src/sys/open.js'
import { type HostStat, statx } from '../../src/sys/stat.js'
import { setxattr } from '../../src/sys/xattr.js'
import { openDescriptors } from '../support/host/descriptors.js'
import { asNobody, isRoot } from '../support/host/nobody.js'
import { attributesAt } from '../support/host/oracle.js'
import { HostTree } from '../support/host/tree.js'
import { refusalOf } from '../support/refusal.js'

/** Names that are easily mistaken, as bytes. */
const AWKWARD = [
  ' ',
  'a b',
  'line\nbreak',
  '-n',
  '"',
  '\\',
  '\xff\xe4',
  'l\xc3\xa4nge',
  '\xed\xa0\x80',
  'x'.repeat(255),
]
const CONTENT = 'what is in a file'
const name = nameFromText
const latin1 = (bytes: string): Name => bytes as Name
const oneLine = (command: string, ...args: readonly string[]): string =>
  execFileSync(command, args, { encoding: 'latin1', env: { ...process.env, TZ: 'UTC', LC_ALL: 'C' } }).trimEnd()

let tree: HostTree
beforeEach(() => {
  tree = new HostTree()
})
afterEach(() => tree[Symbol.dispose]())

const pathOf = (relative: string): Buffer => Buffer.concat([Buffer.from(`${tree.path}/`), bytesOf(relative)])

/** Gives an object an attribute, by handle. */
function give(file: string, attribute: string, value: string): void {
  using handle: Fd | undefined = openPath(tree.root, latin1(file))
  setxattr(handle!, attribute, Buffer.from(value, 'hex'))
}

describe.each([
  ['Linux', linuxHost],
  ['the portable host', portableHost],
] as const)('%s', (_title, host: Host) => {
  const at = (relative = ''): HostDirectory =>
    host.openDirectory(utf8Of(relative === '' ? tree.path : tree.at(relative)))

  describe('listing', () => {
    const batches = (directory: HostDirectory, room: number, from: Position = BEGINNING): (readonly string[])[] => {
      const found: (readonly string[])[] = []
      for (let position = from; ;) {
        const batch = directory.list(position, room)
        if (batch.length === 0) return found
        found.push(batch.map((entry) => entry.name))
        position = batch.at(-1)!.next
      }
    }

    beforeEach(() => {
      for (const awkward of AWKWARD) writeFileSync(pathOf(awkward), '')
      for (let number = 0; number < 200; number++) writeFileSync(tree.at(`file number ${number}`), '')
    })

    it.each([512, 4096, 32_768])('gives every name once, whatever the room: %i', (room) => {
      using directory = at()
      const found = batches(directory, room)
      expect(found.flat().sort()).toEqual(readdirSync(tree.path, 'latin1').sort())
      expect(found.flat()).toHaveLength(AWKWARD.length + 200)
      // An entry takes 24 bytes and more.
      for (const batch of found) expect(batch.length).toBeLessThanOrEqual(Math.floor(room / 24))
      expect(found.length).toBeGreaterThanOrEqual(room === 512 ? 10 : 1)
    })

    it('goes on from any place, back to the beginning too, and in a directory that was opened again', () => {
      using directory = at()
      const all = batches(directory, 32_768).flat()
      const entries = directory.list(BEGINNING, 4096)
      using again = at()
      for (const index of [entries.length - 1, 0, Math.floor(entries.length / 2)]) {
        expect(batches(directory, 1024, entries[index]!.next).flat()).toEqual(all.slice(index + 1))
        expect(batches(again, 512, entries[index]!.next).flat()).toEqual(all.slice(index + 1))
      }
      expect(batches(directory, 512).flat()).toEqual(all)
    })

    it('says at the beginning what is there now', () => {
      mkdirSync(tree.at('made'))
      using directory = at('made')
      expect(directory.list(BEGINNING, 512)).toEqual([])
      writeFileSync(tree.at('made/one'), '')
      expect(batches(directory, 512)).toEqual([['one']])
      rmSync(tree.at('made/one'))
      expect(batches(directory, 512)).toEqual([])
    })

    it('a directory that was removed lists nothing, and has nothing in it', () => {
      mkdirSync(tree.at('gone'))
      using directory = at('gone')
      rmdirSync(tree.at('gone'))
      expect(directory.list(BEGINNING, 512)).toEqual([])
      expect(directory.stat(name('one'))).toBeUndefined()
      expect(refusalOf(() => directory.openDirectory(name('one')))).toBe('ENOENT')
      expect(directory.stat(SELF)).toMatchObject({ nlink: 0 })
    })
  })

  describe('stat', () => {
    const nanoseconds = (sec: number, nsec: number): bigint => BigInt(sec) * 1_000_000_000n + BigInt(nsec)

    /** The members as node:fs has them. */
    const asNode = (stat: HostStat) => ({
      dev: packDevice({ major: Math.floor(stat.dev / 2 ** 32), minor: stat.dev % 2 ** 32 }),
      ino: stat.ino,
      mode: BigInt(stat.mode),
      nlink: BigInt(stat.nlink),
      uid: BigInt(stat.uid),
      gid: BigInt(stat.gid),
      rdev: packDevice(stat.rdev),
      size: BigInt(stat.size),
      blksize: BigInt(stat.blksize),
      blocks: BigInt(stat.blocks),
      atimeNs: nanoseconds(stat.atimeSec, stat.atimeNsec),
      mtimeNs: nanoseconds(stat.mtimeSec, stat.mtimeNsec),
      ctimeNs: nanoseconds(stat.ctimeSec, stat.ctimeNsec),
      birthtimeNs: nanoseconds(stat.btimeSec, stat.btimeNsec),
    })

    /** Everything in GNU stat's words; times as seconds and nine digits, as %.9X has them of times after 1970. */
    const GNU = '%Hd %Ld %i %f %h %u %g %t %T %s %o %b'
    const asGnu = (stat: HostStat): string => {
      const { ino, mode, nlink, uid, gid, rdev, size, blksize, blocks } = stat
      const device = `${Math.floor(stat.dev / 2 ** 32)} ${stat.dev % 2 ** 32}`
      const made = `${rdev.major.toString(16)} ${rdev.minor.toString(16)}`
      return `${device} ${ino} ${mode.toString(16)} ${nlink} ${uid} ${gid} ${made} ${size} ${blksize} ${blocks}`
    }

    const objects: [string, (path: string) => unknown][] = [
      ['a file', (path) => writeFileSync(path, CONTENT, { mode: 0o6751 })],
      ['a sparse file of 5 TiB', (path) => (writeFileSync(path, 'x'), truncateSync(path, 5 * 2 ** 40))],
      ['a file with two names', (path) => (writeFileSync(path, ''), linkSync(path, `${path}2`))],
      ['a directory', (path) => mkdirSync(path, { mode: 0o1750 })],
      ['a symlink', (path) => symlinkSync('.', path)],
      ['a fifo', (path) => execFileSync('mkfifo', [path])],
      ['a file of before 1970', (path) => (writeFileSync(path, ''), utimesSync(path, -5_000, -12.25))],
      [
        'a file of the year 2400',
        (path) => (writeFileSync(path, ''), utimesSync(path, 13_569_465_600, 13_569_465_600.5)),
      ],
    ]

    it.each(objects)('says of %s what node:fs and GNU stat say', (_kind, make) => {
      make(tree.at('made'))
      using directory = at()
      const stat = directory.stat(name('made'))!
      expect(lstatSync(tree.at('made'), { bigint: true })).toMatchObject(asNode(stat))
      expect(asGnu(stat)).toBe(oneLine('stat', '-c', GNU, tree.at('made')))
      expect(`${stat.btimeSec}`).toBe(oneLine('stat', '-c', '%W', tree.at('made')))
    })

    it('counts seconds and nanoseconds as the host does, before 1970 too', () => {
      writeFileSync(tree.at('old'), '')
      execFileSync('touch', ['-d', '1969-12-31 23:59:58.750000001Z', tree.at('old')])
      using directory = at()
      const { mtimeSec, mtimeNsec } = directory.stat(name('old'))!
      expect([mtimeSec, mtimeNsec]).toEqual([-2, 750_000_001])
      expect(oneLine('stat', '-c', '%y', tree.at('old'))).toBe('1969-12-31 23:59:58.750000001 +0000')
    })

    it('says of devices which ones they are', () => {
      using directory = host.openDirectory('/dev')
      expect(directory.stat(name('null'))!.rdev).toEqual({ major: 1, minor: 3 })
      expect(asGnu(directory.stat(name('tty'))!)).toBe(oneLine('stat', '-c', GNU, '/dev/tty'))
    })

    it.runIf(isRoot).each([
      [0xfff, 0xfffff],
      [253, 300],
    ])('says of a device %i:%i which it is', (major, minor) => {
      execFileSync('mknod', [tree.at('device'), 'b', String(major), String(minor)])
      using directory = at()
      expect(directory.stat(name('device'))!.rdev).toEqual({ major, minor })
    })

    it('says of the directory itself what its parent says of it', () => {
      mkdirSync(tree.at('inner'), { mode: 0o710 })
      using outer = at()
      using inner = outer.openDirectory(name('inner'))
      expect(inner.stat(SELF)).toEqual(outer.stat(name('inner')))
      expect(asGnu(inner.stat(SELF)!)).toBe(oneLine('stat', '-c', GNU, tree.at('inner')))
    })

    it.each(AWKWARD)('takes names for bytes: %j', (awkward) => {
      writeFileSync(pathOf(awkward), CONTENT)
      using directory = at()
      expect(directory.stat(latin1(awkward))?.ino).toBe(lstatSync(pathOf(awkward), { bigint: true }).ino)
    })

    it('says nothing where there is nothing, and refuses what no name can be', () => {
      using directory = at()
      expect(directory.stat(name('nothing'))).toBeUndefined()
      expect(refusalOf(() => directory.stat(name('x'.repeat(256))))).toBe('ENAMETOOLONG')
    })
  })

  describe('opening', () => {
    it('by a path, symlinks are followed', () => {
      mkdirSync(tree.at('real/inner'), { recursive: true })
      symlinkSync('real', tree.at('link'))
      using directory = at('link/inner')
      expect(directory.realPath()).toBe(utf8Of(realpathSync(tree.at('real/inner'))))
    })

    it('by a path, whatever its bytes', () => {
      mkdirSync(pathOf('\xff\n\xe4'))
      writeFileSync(pathOf('\xff\n\xe4/inside'), '')
      using directory = host.openDirectory(`${utf8Of(tree.path)}/\xff\n\xe4`)
      expect(directory.list(BEGINNING, 512).map((entry) => entry.name)).toEqual(['inside'])
      expect(directory.realPath()).toBe(`${utf8Of(realpathSync(tree.path))}/\xff\n\xe4`)
    })

    it('by a path, what is no directory is refused', () => {
      writeFileSync(tree.at('file'), '')
      symlinkSync('circle', tree.at('circle'))
      const refused = ['file', 'circle', 'nothing', 'file/inner'].map((path) => refusalOf(() => at(path)))
      expect(refused).toEqual(['ENOTDIR', 'ELOOP', 'ENOENT', 'ENOTDIR'])
      expect(refusalOf(() => host.openDirectory(''))).toBe('ENOENT')
      expect(refusalOf(() => host.openDirectory('/tmp\0/x'))).toBe('EINVAL')
    })

    it('by a name, no symlink is followed and nothing but a directory is opened', () => {
      mkdirSync(tree.at('directory'))
      symlinkSync('directory', tree.at('link'))
      writeFileSync(tree.at('file'), '')
      execFileSync('mkfifo', [tree.at('fifo')])
      using directory = at()
      using opened = directory.openDirectory(name('directory'))
      expect(opened.stat(SELF)?.ino).toBe(lstatSync(tree.at('directory'), { bigint: true }).ino)
      expect(refusalOf(() => directory.openDirectory(name('link')))).toMatch(/^(ELOOP|ENOTDIR)$/)
      expect(refusalOf(() => directory.openDirectory(name('file')))).toBe('ENOTDIR')
      expect(refusalOf(() => directory.openDirectory(name('fifo')))).toBe('ENOTDIR')
      expect(refusalOf(() => directory.openDirectory(name('nothing')))).toBe('ENOENT')
    })

    it('the directory above is opened, and above / there is /', () => {
      mkdirSync(tree.at('one/two'), { recursive: true })
      using two = at('one/two')
      using one = two.openParent()
      using top = one.openParent()
      expect(one.realPath()).toBe(utf8Of(realpathSync(tree.at('one'))))
      expect(top.stat(SELF)?.ino).toBe(lstatSync(tree.path, { bigint: true }).ino)
      using root = host.openDirectory('/')
      using above = root.openParent()
      expect(above.realPath()).toBe('/')
      expect(above.stat(name('tmp'))?.ino).toBe(lstatSync('/tmp', { bigint: true }).ino)
    })

    it('another opens the same directory by its shared path', () => {
      mkdirSync(tree.at('inner'))
      using directory = at('inner')
      using other = host.openDirectory(directory.sharedPath())
      expect(other.stat(SELF)).toEqual(directory.stat(SELF))
    })

    it('says where the working directory is', () => {
      expect(host.workingDirectory()).toBe(utf8Of(process.cwd()))
    })

    it('is over when it is closed, which may be done twice', () => {
      writeFileSync(tree.at('file'), CONTENT)
      const directory = at()
      directory[Symbol.dispose]()
      directory[Symbol.dispose]()
      const uses = [
        () => directory.list(BEGINNING, 512),
        () => directory.stat(SELF),
        () => directory.stat(name('file')),
        () => directory.openParent(),
        () => directory.content(name('file'), 10),
        () => directory.statfs(),
      ]
      expect(uses.map(refusalOf)).toEqual(uses.map(() => 'EBADF'))
    })
  })

  describe('attributes', () => {
    const MADE = 'user.virtfs.uid'
    const made = host.attributeName(MADE)
    const peeked = (directory: HostDirectory, file: string, limit: number): string | number => {
      const length = directory.peekAttribute(latin1(file), made, limit)
      return length < 0 ? length : Buffer.from(host.lastValue.buffer, host.lastValue.byteOffset, length).toString('hex')
    }

    it.each(['file', 'directory', ...AWKWARD])('are those that getfattr reads: %j', (file) => {
      if (file === 'directory') mkdirSync(pathOf(file))
      else writeFileSync(pathOf(file), '')
      give(file, MADE, 'e8030000')
      give(file, 'user.empty', '')
      give(file, 'user.with space', '00ff')
      using directory = at()
      const names = directory.attributeNames(latin1(file))
      expect(names.endsWith('\0')).toBe(true)
      expect(names.split('\0').slice(0, -1).sort()).toEqual(['user.empty', MADE, 'user.with space'].sort())
      const values = ['user.empty', MADE, 'user.with space', 'user.absent'].map((attribute) =>
        directory.attribute(latin1(file), attribute)?.toString('hex'),
      )
      expect(values).toEqual(['', 'e8030000', '00ff', undefined])
      // getfattr can be asked under any name, but shows it in its own way.
      if (/^[a-z]+$/.test(file)) {
        expect(attributesAt(tree.at(file))).toEqual({ 'user.empty': '', [MADE]: 'e8030000', 'user.with space': '00ff' })
      }
      expect(peeked(directory, file, 4)).toBe('e8030000')
    })

    it('a look says how long the value is, or why there is none', () => {
      writeFileSync(tree.at('file'), '')
      using directory = at()
      expect(peeked(directory, 'file', 4)).toBe(-Errno.ENODATA)
      expect(directory.attributeNames(name('file'))).toBe('')
      give('file', MADE, 'a481')
      expect(peeked(directory, 'file', 4)).toBe('a481')
      give('file', MADE, 'e8030000')
      expect([peeked(directory, 'file', 8), host.lastValue.getUint32(0, true)]).toEqual(['e8030000', 1000])
      give('file', MADE, 'e803000000')
      expect([peeked(directory, 'file', 4), peeked(directory, 'file', 5)]).toEqual([-Errno.ERANGE, 'e803000000'])
      expect(peeked(directory, 'nothing', 4)).toBe(-Errno.ENOENT)
      expect(refusalOf(() => directory.attributeNames(name('nothing')))).toBe('ENOENT')
      expect(refusalOf(() => directory.attribute(name('nothing'), MADE))).toBe('ENOENT')
      expect(refusalOf(() => directory.attribute(name('file'), 'plain'))).toBe('EOPNOTSUPP')
    })

    it('a long value is read whole', () => {
      writeFileSync(tree.at('file'), '')
      const value = 'ab'.repeat(3000)
      give('file', 'user.long', value)
      using directory = at()
      expect(directory.attribute(name('file'), 'user.long')?.toString('hex')).toBe(value)
      expect(directory.peekAttribute(name('file'), host.attributeName('user.long'), 65_536)).toBe(3000)
    })

    it('of the directory itself, of a file in a directory that is not UTF-8 too', () => {
      mkdirSync(pathOf('\xff'))
      give('\xff', MADE, '01020304')
      writeFileSync(pathOf('\xff/file'), '')
      using handle = openPath(tree.root, latin1('\xff'))
      using file = openPath(handle!, name('file'))
      setxattr(file!, MADE, Buffer.from('05060708', 'hex'))
      using directory = host.openDirectory(`${utf8Of(tree.path)}/\xff`)
      expect(directory.attributeNames(SELF)).toBe(`${MADE}\0`)
      expect([peeked(directory, SELF, 4), peeked(directory, 'file', 4)]).toEqual(['01020304', '05060708'])
    })

    it('of a symlink are not those of its target, and a special file has none', () => {
      writeFileSync(tree.at('file'), '')
      give('file', MADE, '01')
      symlinkSync('file', tree.at('link'))
      execFileSync('mkfifo', [tree.at('fifo')])
      using directory = at()
      for (const special of ['link', 'fifo']) {
        expect(peeked(directory, special, 4)).toBe(-Errno.ENODATA)
        expect(directory.attributeNames(name(special))).toBe('')
        expect(directory.attribute(name(special), MADE)).toBeUndefined()
      }
    })

    it('that may not be read answer EACCES; their names are no secret', () => {
      writeFileSync(tree.at('file'), '')
      give('file', MADE, '01')
      chmodSync(tree.at('file'), 0)
      chmodSync(tree.path, 0o755)
      using directory = at()
      const [length, names] = asNobody(() => [peeked(directory, 'file', 4), directory.attributeNames(name('file'))])
      expect([length, names]).toEqual([-Errno.EACCES, `${MADE}\0`])
    })
  })

  describe('content', () => {
    it('is the first bytes of a regular file, of any name', () => {
      writeFileSync(pathOf('\xff'), CONTENT)
      using directory = at()
      const read = [0, 4, CONTENT.length, 4096].map((limit) =>
        directory.content(latin1('\xff'), limit).toString('latin1'),
      )
      expect(read).toEqual(['', 'what', CONTENT, CONTENT])
    })

    it('is read without being noticed', () => {
      writeFileSync(tree.at('file'), CONTENT)
      utimesSync(tree.at('file'), 1000, 2000)
      using directory = at()
      directory.content(name('file'), 10)
      expect(lstatSync(tree.at('file')).atimeMs).toBe(1_000_000)
    })

    it('of somebody else’s file is read all the same', () => {
      writeFileSync(tree.at('file'), CONTENT, { mode: 0o644 })
      chmodSync(tree.path, 0o755)
      using directory = at()
      expect(asNobody(() => directory.content(name('file'), 4)).toString()).toBe('what')
    })

    it('of anything else is refused; fifos and devices are not opened, symlinks not followed', () => {
      writeFileSync(tree.at('file'), CONTENT)
      symlinkSync('file', tree.at('link'))
      execFileSync('mkfifo', [tree.at('fifo')])
      mkdirSync(tree.at('directory'))
      using directory = at()
      const refused = ['link', 'fifo', 'directory', 'nothing'].map((it) =>
        refusalOf(() => directory.content(name(it), 10)),
      )
      expect(refused).toEqual(['ELOOP', 'ENXIO', 'EISDIR', 'ENOENT'])
      using dev = host.openDirectory('/dev')
      expect(refusalOf(() => dev.content(name('null'), 10))).toBe('ENXIO')
    })
  })

  describe('readlink', () => {
    it.each(['nowhere', '/', `\xff/${'x'.repeat(4000)}`, 'a\nb', '../..'])('gives the target: %j', (target) => {
      symlinkSync(bytesOf(target), tree.at('link'))
      using directory = at()
      expect(directory.readlink(name('link'))).toBe(target)
    })

    it('is refused for anything else', () => {
      writeFileSync(tree.at('file'), CONTENT)
      using directory = at()
      expect(refusalOf(() => directory.readlink(name('file')))).toMatch(/^(EINVAL|ENOENT)$/)
      expect(refusalOf(() => directory.readlink(name('nothing')))).toBe('ENOENT')
    })
  })

  it.each(['/', '/proc', '/dev'])('statfs says of %s what node:fs and GNU stat say', (path) => {
    using directory = host.openDirectory(path)
    const { type, bsize, blocks, files, namelen, bfree, bavail, fsid } = directory.statfs()
    expect(statfsSync(path)).toMatchObject({ type, bsize, blocks, files })
    expect(oneLine('stat', '-f', '-c', '%t %s %b %c %l', path)).toBe(
      `${type.toString(16)} ${bsize} ${blocks} ${files} ${namelen}`,
    )
    expect(bavail).toBeLessThanOrEqual(bfree)
    expect(bfree).toBeLessThanOrEqual(blocks)
    if (host === portableHost) expect(fsid).toBe(0n)
    else expect(BigInt.asUintN(64, fsid)).toBe(fsidByGnu(path))
  })

  /** GNU stat prints the two words of the kernel's fsid one after the other. */
  function fsidByGnu(path: string): bigint {
    const hex = oneLine('stat', '-f', '-c', '%i', path).padStart(16, '0')
    return (BigInt(`0x${hex.slice(8)}`) << 32n) | BigInt(`0x${hex.slice(0, 8)}`)
  }

  describe('without privilege', () => {
    beforeEach(() => {
      chmodSync(tree.path, 0o755)
      mkdirSync(tree.at('closed'), { mode: 0o711 })
      mkdirSync(tree.at('closed/inner'), { mode: 0o755 })
      writeFileSync(tree.at('closed/file'), CONTENT, { mode: 0o644 })
      mkdirSync(tree.at('shut'), { mode: 0o700 })
    })

    // Whoever is not root owns what the tests make.
    const closing = (): void => {
      if (!isRoot) chmodSync(tree.at('closed'), 0o311)
      if (!isRoot) chmodSync(tree.at('shut'), 0)
    }
    afterEach(() => {
      chmodSync(tree.at('closed'), 0o711)
      chmodSync(tree.at('shut'), 0o700)
    })

    it('a directory that may be searched but not read is looked into by name', () => {
      closing()
      asNobody(() => {
        using directory = at()
        using closed = directory.openDirectory(name('closed'))
        expect(refusalOf(() => closed.list(BEGINNING, 512))).toBe('EACCES')
        expect(closed.stat(name('file'))?.size).toBe(CONTENT.length)
        expect(closed.stat(SELF)?.ino).toBe(directory.stat(name('closed'))?.ino)
        expect(closed.content(name('file'), 4).toString()).toBe('what')
        expect(closed.attributeNames(name('file'))).toBe('')
        expect(closed.statfs().type).toBe(directory.statfs().type)
        using inner = closed.openDirectory(name('inner'))
        expect(inner.list(BEGINNING, 512)).toEqual([])
        using above = inner.openParent()
        expect(above.stat(SELF)?.ino).toBe(closed.stat(SELF)?.ino)
        using again = at('closed')
        expect(again.stat(name('file'))?.size).toBe(CONTENT.length)
      })
    })

    it('a directory that may not be searched says so', () => {
      closing()
      asNobody(() => {
        using directory = at()
        using shut = directory.openDirectory(name('shut'))
        expect(refusalOf(() => shut.list(BEGINNING, 512))).toBe('EACCES')
        expect(refusalOf(() => shut.stat(name('file')))).toBe('EACCES')
        expect(refusalOf(() => shut.content(name('file'), 4))).toBe('EACCES')
        expect(shut.peekAttribute(name('file'), host.attributeName('user.x'), 4)).toBe(-Errno.EACCES)
      })
    })
  })

  describe('while others change the tree', () => {
    it('a name that becomes a symlink leads nowhere', () => {
      mkdirSync(tree.at('outside'))
      writeFileSync(tree.at('outside/secret'), CONTENT)
      mkdirSync(tree.at('inside/directory'), { recursive: true })
      writeFileSync(tree.at('inside/file'), '')
      using directory = at('inside')
      expect(directory.stat(name('file'))?.size).toBe(0)
      rmdirSync(tree.at('inside/directory'))
      unlinkSync(tree.at('inside/file'))
      symlinkSync('../outside', tree.at('inside/directory'))
      symlinkSync('../outside/secret', tree.at('inside/file'))
      expect(refusalOf(() => directory.openDirectory(name('directory')))).toMatch(/^(ELOOP|ENOTDIR)$/)
      expect(refusalOf(() => directory.content(name('file'), 100))).toBe('ELOOP')
      expect(directory.attributeNames(name('file'))).toBe('')
    })

    it('an open directory that is swapped for a symlink shows nothing of where that leads', () => {
      mkdirSync(tree.at('outside/inner'), { recursive: true })
      writeFileSync(tree.at('outside/inner/secret'), CONTENT)
      mkdirSync(tree.at('inside/inner'), { recursive: true })
      using inner = at('inside/inner')
      renameSync(tree.at('inside'), tree.at('moved'))
      symlinkSync('outside', tree.at('inside'))
      const found = [
        refusalOf(() => inner.content(name('secret'), 100)),
        refusalOf(() => expect(inner.list(BEGINNING, 512)).toEqual([])),
        refusalOf(() => expect(inner.stat(name('secret'))).toBeUndefined()),
        refusalOf(() => inner.openParent()[Symbol.dispose]()),
      ]
      // By descriptor the directory is still there; by path it cannot be found any more.
      expect(found).toEqual(
        host.limits.isRacy ? ['ESTALE', 'ESTALE', 'ESTALE', 'ESTALE'] : ['ENOENT', undefined, undefined, undefined],
      )
      expect(inner.stat(SELF)?.ino).toBe(lstatSync(tree.at('moved/inner'), { bigint: true }).ino)
    })

    it('a directory that is moved, and another one in its place, are not mixed up', () => {
      mkdirSync(tree.at('one'))
      writeFileSync(tree.at('one/file'), CONTENT)
      using directory = at('one')
      renameSync(tree.at('one'), tree.at('two'))
      mkdirSync(tree.at('one'))
      writeFileSync(tree.at('one/other'), '')
      const listing = (): string[] => directory.list(BEGINNING, 512).map((entry) => entry.name)
      if (host.limits.isRacy) {
        expect([listing, () => directory.stat(name('file')), () => directory.realPath()].map(refusalOf)).toEqual([
          ...['ESTALE', 'ESTALE', 'ESTALE'],
        ])
        renameSync(tree.at('two'), tree.at('three'))
        rmSync(tree.at('one'), { recursive: true })
        renameSync(tree.at('three'), tree.at('one'))
        expect(listing()).toEqual(['file'])
      } else {
        expect(listing()).toEqual(['file'])
        expect(directory.realPath()).toBe(utf8Of(realpathSync(tree.at('two'))))
      }
    })
  })

  it('leaves no descriptor open, whatever is refused', () => {
    mkdirSync(pathOf('\xff'))
    writeFileSync(tree.at('file'), CONTENT)
    symlinkSync('file', tree.at('link'))
    execFileSync('mkfifo', [tree.at('fifo')])
    const before = openDescriptors()
    for (let round = 0; round < 3; round++) {
      using directory = at()
      using odd = directory.openDirectory(latin1('\xff'))
      using _above = odd.openParent()
      for (const it of ['file', 'link', 'fifo', '\xff', 'nothing']) {
        const uses = [
          () => directory.content(latin1(it), 4),
          () => directory.readlink(latin1(it)),
          () => directory.attributeNames(latin1(it)),
          () => directory.attribute(latin1(it), 'user.absent'),
          () => directory.openDirectory(latin1(it))[Symbol.dispose](),
        ]
        expect(uses.map(refusalOf).filter((refusal) => refusal !== undefined).length).toBeGreaterThan(0)
      }
      refusalOf(() => at('file'))
      directory.list(BEGINNING, 512)
    }
    expect(openDescriptors()).toEqual(before)
  })
})

it('leaves the times of access of directories that are listed alone', () => {
  mkdirSync(tree.at('one/two'), { recursive: true })
  const paths = ['', 'one', 'one/two'].map((path) => tree.at(path))
  const before = new Date('2001-02-03T04:05:06Z')
  // So long ago that even a host that notes times of access but seldom (relatime) would note it.
  for (const path of paths) utimesSync(path, before, new Date())
  const times = (): number[] => paths.map((path) => lstatSync(path).atimeMs)
  using top = linuxHost.openDirectory(utf8Of(tree.path))
  using one = top.openDirectory(name('one'))
  using two = one.openDirectory(name('two'))
  using above = one.openParent()
  for (const directory of [top, one, two, above]) directory.list(BEGINNING, 512)
  expect(times()).toEqual(paths.map(() => before.getTime()))
})

it('only a directory of Linux’s has a descriptor', () => {
  using directory = linuxHost.openDirectory(utf8Of(tree.path))
  expect(statx(descriptorOf(directory))).toEqual(directory.stat(SELF))
  using other = portableHost.openDirectory(utf8Of(tree.path))
  expect(() => descriptorOf(other)).toThrow(TypeError)
})

it('what the portable host cannot know is said', () => {
  expect(linuxHost.limits).toEqual({ hidesAttributesOfSpecials: false, isRacy: false, withoutAttributes: undefined })
  expect(portableHost.limits).toEqual({ hidesAttributesOfSpecials: true, isRacy: true, withoutAttributes: undefined })
})
