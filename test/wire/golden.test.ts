// Frames that a real Linux client and a real server sent each other (fixtures/frames, recorded by record.ts there).

import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { bytesOf } from '../../src/name.js'
import { type AnyMessage, decodeFrame, encodeFrame } from '../../src/wire/codec.js'
import { dirent, readDirents } from '../../src/wire/dirents.js'
import * as wire from '../../src/wire/constants.js'
import { Cursor } from '../../src/wire/cursor.js'
import { NO_CHANGE, readStatRecords, statRecord } from '../../src/wire/stat.js'
import { messageNames } from './values.js'

const directory = new URL('../../fixtures/frames/', import.meta.url)
const names = readdirSync(directory)
  .filter((file) => file.endsWith('.hex'))
  .map((file) => file.slice(0, -'.hex'.length))

/** The bytes of a file whose first line says who sent them. */
function golden(name: string): { sender: string; frame: Buffer } {
  const [sender = '', ...lines] = readFileSync(new URL(`${name}.hex`, directory), 'latin1').split('\n')
  return { sender, frame: Buffer.from(lines.join(''), 'hex') }
}

/**
 * What we would have sent in a frame's place: the same bytes, but for QEMU's Rstat. The count before its record, which
 * 9P2000 has besides the record's own, is 0 there. We send it right; like Linux (p9_client_stat), we do not need it.
 */
function ours(name: string): Buffer {
  const { frame } = golden(name)
  if (name.startsWith('Rstat-')) frame.writeUInt16LE(frame.length - wire.HEADER_SIZE - 2, wire.HEADER_SIZE)
  return frame
}

const decoded = (name: string): AnyMessage => decodeFrame(golden(name).frame)

describe.each(names)('%s', (name) => {
  const { sender, frame } = golden(name)

  it('says who sent it', () => {
    const servers = /^# (?:diod|QEMU) \d\S+ to Linux \d+\.\S+: ./
    expect(sender).toMatch(name.startsWith('T') ? /^# Linux \d+\.\S+: ./ : servers)
  })

  it('is the message it is named for, and we send the same bytes', () => {
    const { tag, message, body } = decodeFrame(frame)
    expect(name.split('-')[0]).toBe(message)
    expect(encodeFrame(tag, message, body).toString('hex')).toBe(ours(name).toString('hex'))
  })

  it('cut at any shorter length is EPROTO', () => {
    for (let length = wire.HEADER_SIZE; length < frame.length; length++) {
      expect(() => decodeFrame(frame.subarray(0, length))).toThrow('EPROTO')
    }
  })
})

describe('the recording', () => {
  it('has every request that Linux sends, and every reply that diod or, in 9P2000.u, QEMU has', () => {
    const recorded = new Set(names.map((name) => name.split('-')[0]))
    const missing = messageNames.filter((message) => !recorded.has(message))
    // Linux authenticates by other means; diod refuses F_UNLCK in Tgetlock and has no Trenameat and Tunlinkat.
    expect(missing.sort()).toEqual(['Rauth', 'Rgetlock', 'Rrenameat', 'Runlinkat', 'Tauth'])
  })

  it.each<[string, object]>([
    ['Tversion', { tag: 0xffff, body: { msize: 65536, version: '9P2000.L' } }],
    ['Tattach-mount', { body: { fid: 0, afid: 0xffff_ffff, uname: 'nobody', nUname: 0xffff_ffff } }],
    ['Tattach-uid-65534', { body: { uname: '', nUname: 65534 } }],
    ['Twalk', { body: { wnames: ['d', 'e', 'f', 'g'] } }],
    ['Tlcreate', { body: { name: 'file', mode: 0o100644, flags: 0o100301 } }],
    ['Tlcreate-not-utf8', { body: { name: 'n\xe4me\xff', mode: 0o100600 } }],
    ['Twrite', { body: { offset: 0, data: Buffer.from('Twelve bytes') } }],
    ['Tmkdir', { body: { name: 'd' } }],
    ['Tmknod-char', { body: { name: 'null', major: 1, minor: 3, mode: 0o020644 } }],
    ['Tmknod-fifo', { body: { name: 'fifo', major: 0, minor: 0, mode: 0o010644 } }],
    ['Tsymlink', { body: { name: 'link', symtgt: '../some where/else' } }],
    ['Rreadlink', { body: { target: '../some where/else' } }],
    ['Tgetattr-basic', { body: { requestMask: 0x7ff } }],
    ['Rgetattr-all', { body: { mode: 0o100644, size: 12, nlink: 1, uid: 0, qid: { type: 0 } } }],
    ['Tsetattr-chmod', { body: { valid: 0x41, mode: 0o104711 } }],
    // With the mode, because Linux takes the set-user-id bit away.
    ['Tsetattr-chown', { body: { valid: 0x47, mode: 0o100711, uid: 1000, gid: 4294967294 } }],
    ['Tsetattr-truncate', { body: { valid: 0x68, size: 5 } }],
    ['Tsetattr-utime', { body: { valid: 0x1f0, atimeSec: 1, mtimeSec: 2 ** 32 } }],
    ['Txattrcreate', { body: { name: 'user.comment', attrSize: 12, flags: 0 } }],
    ['Txattrwalk-list', { body: { name: '' } }],
    ['Tfsync-data', { body: { datasync: 1 } }],
    ['Tlock-flock', { body: { type: 1, flags: 1, start: 0n, length: 0n, clientId: 'guest' } }],
    ['Tlock-fcntl', { body: { type: 0, flags: 0, start: 2n, length: 3n, clientId: 'guest' } }],
    ['Tgetlock', { body: { type: 2, start: 0n, length: 0n } }],
    ['Trename', { body: { name: 'back' } }],
    ['Trenameat', { body: { oldname: 'second', newname: 'moved' } }],
    ['Tunlinkat-directory', { body: { name: 'f', flags: 0x200 } }],
    ['Rlerror-Twalk-missing', { body: { ecode: 2 } }],
    ['Tversion-u', { tag: 0xffff, body: { msize: 65536, version: '9P2000.u' } }],
    ['Rerror-Twalk-missing-u', { body: { ename: 'No such file or directory', errno: 2 } }],
    ['Topen-append', { body: { mode: wire.OWRITE | wire.OTRUNC | wire.OAPPEND } }],
    ['Tcreate-file', { body: { name: 'file', perm: 0o644, mode: wire.OWRITE, extension: '' } }],
    ['Tcreate-directory', { body: { name: 'd', perm: (wire.DMDIR | 0o755) >>> 0 } }],
    ['Tcreate-symlink', { body: { name: 'link', perm: wire.DMSYMLINK, extension: '../some where/else' } }],
    ['Tcreate-link', { body: { name: 'second', perm: wire.DMLINK, extension: '4\n' } }],
    ['Tcreate-char', { body: { name: 'null', perm: wire.DMDEVICE | 0o644, extension: 'c 1 3' } }],
    ['Tcreate-block', { body: { name: 'disk', perm: wire.DMDEVICE | 0o644, extension: 'b 253 300' } }],
    ['Tcreate-fifo', { body: { name: 'fifo', perm: wire.DMNAMEDPIPE | 0o644 } }],
    ['Tcreate-socket', { body: { name: 'socket', perm: wire.DMSOCKET | 0o755 } }],
    ['Rcreate-symlink', { body: { qid: { type: wire.QID_SYMLINK }, iounit: 61440 } }],
    ['Rstat-root', { body: { stat: { name: '.', qid: { type: wire.QID_DIR } } } }],
    ['Rstat-file', { body: { stat: { name: 'file', mode: 0o644, length: 12, extension: 'HARDLINKCOUNT 1' } } }],
    ['Rstat-symlink', { body: { stat: { mode: wire.DMSYMLINK | 0o777, extension: '../some where/else' } } }],
    ['Rstat-block', { body: { stat: { mode: wire.DMDEVICE | 0o644, extension: 'b 253 300' } } }],
    ['Twstat-chmod', { body: { stat: { ...NO_CHANGE, mode: wire.DMSETUID | 0o711 } } }],
    // With the mode, because Linux takes the set-user-id bit away.
    ['Twstat-chown', { body: { stat: { ...NO_CHANGE, mode: 0o711, nUid: 1000, nGid: 4294967294 } } }],
    ['Twstat-truncate', { body: { stat: { length: 5, mode: NO_CHANGE.mode, name: '' } } }],
    ['Twstat-utime', { body: { stat: { ...NO_CHANGE, atime: 1, mtime: 2 } } }],
    // With who mounted, whom nobody asked for.
    ['Twstat-rename', { body: { stat: { ...NO_CHANGE, name: 'moved', muid: 'nobody' } } }],
  ])('shows %s as what was done in the guest', (name, expected) => {
    expect(decoded(name)).toMatchObject(expected)
  })

  it('shows the directory that the guest listed, and its entries encode to the same bytes again', () => {
    const listing = decoded('Rreaddir')
    if (listing.message !== 'Rreaddir') throw new TypeError(`Cannot list ${listing.message}`)
    const entries = readDirents(listing.body.data)
    expect(entries.map(({ name }) => name).sort()).toEqual(
      ['.', '..', 'fifo', 'file', 'link', 'null', 'n\xe4me\xff', 'second'].sort(),
    )
    const cursor = new Cursor(Buffer.alloc(listing.body.data.length))
    entries.forEach((entry) => dirent.write(cursor, entry))
    expect(cursor.bytes.equals(listing.body.data)).toBe(true)
    expect(bytesOf(entries.find(({ name }) => name.startsWith('n\xe4'))!.name).toString('hex')).toBe('6ee46d65ff')
  })

  it('shows a directory as records, which encode to the same bytes again', () => {
    const listing = decoded('Rread-directory')
    if (listing.message !== 'Rread') throw new TypeError(`Cannot list ${listing.message}`)
    const records = readStatRecords(listing.body.data)
    expect(records.map(({ name, extension }) => `${name} ${extension}`).sort()).toEqual(
      [
        ...['. HARDLINKCOUNT 2', '.. HARDLINKCOUNT 3', 'file HARDLINKCOUNT 2', 'second HARDLINKCOUNT 2'],
        ...['link ../some where/else', 'null c 1 3', 'disk b 253 300', 'fifo ', 'socket '],
      ].sort(),
    )
    const cursor = new Cursor(Buffer.alloc(listing.body.data.length))
    records.forEach((record) => statRecord.write(cursor, record))
    expect(cursor.bytes.equals(listing.body.data)).toBe(true)
    expect(decoded('Rread-directory-at-end').body).toHaveProperty('data.length', 0)
  })

  it('has a count of 0 before the record in each Rstat of QEMU’s', () => {
    const stats = names.filter((name) => name.startsWith('Rstat-')).map((name) => golden(name).frame)
    expect(stats.map((frame) => frame.readUInt16LE(wire.HEADER_SIZE))).toEqual([0, 0, 0, 0])
  })

  it('ends a listing, and a file, with an empty payload', () => {
    expect(decoded('Rreaddir-at-end').body).toHaveProperty('data.length', 0)
    expect(decoded('Rread-at-end').body).toHaveProperty('data.length', 0)
  })
})
