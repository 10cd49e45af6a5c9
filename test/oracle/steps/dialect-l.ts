// Steps with what 9P2000.L has besides.

import fc from 'fast-check'
import { S_IFREG } from '../../../src/sys/constants.js'
import * as wire from '../../../src/wire/constants.js'
import { oneOf, type Weighted, weighted } from './drawing.js'
import {
  anyName,
  attributeFlags,
  attributeName,
  attributeValue,
  deviceNumber,
  directoryFid,
  fid,
  flags,
  gid,
  nanoseconds,
  newName,
  nodeType,
  permissions,
  range,
  seconds,
  settable,
  size,
  takenFid,
  uid,
} from './members.js'
import { message, type Step } from './step.js'

export const stepsOfL: readonly Weighted<Step>[] = [
  [4, message('Tlopen', { fid, flags })],
  [
    6,
    message('Tlcreate', {
      fid: directoryFid,
      name: newName,
      flags,
      mode: permissions.map((mode) => mode | S_IFREG),
      gid,
    }),
  ],
  [5, message('Treaddir', { fid, offset: oneOf(0n, 0n, 0n, 1n, 2n ** 62n), count: oneOf(8168, 4096, 512, 300) })],
  [1, message('Tfsync', { fid, datasync: oneOf(0, 1) })],
  [8, message('Tgetattr', { fid, requestMask: oneOf(0x7ff, 0x17ff, 0x3fff, 0) })],
  [3, message('Tstatfs', { fid })],
  [3, message('Treadlink', { fid })],
  [
    8,
    message('Tsetattr', {
      ...{ fid, valid: settable, mode: fc.constant(0), uid, gid, size },
      ...{ atimeSec: seconds, atimeNsec: nanoseconds, mtimeSec: seconds, mtimeNsec: nanoseconds },
    }),
  ],
  [6, fc.record({ does: fc.constant('chmod' as const), fid, permissions, ctime: fc.boolean() })],
  [6, message('Tmkdir', { dfid: directoryFid, name: newName, mode: permissions, gid })],
  [
    4,
    message('Tmknod', {
      ...{ dfid: directoryFid, name: newName, major: deviceNumber, minor: deviceNumber, gid },
      mode: fc.tuple(nodeType, permissions).map(([type, mode]) => type | mode),
    }),
  ],
  [
    4,
    message('Tsymlink', {
      dfid: directoryFid,
      name: newName,
      symtgt: oneOf('', 'file', '/x/y', 'z'.repeat(4000)),
      gid,
    }),
  ],
  [5, message('Tlink', { dfid: directoryFid, fid, name: newName })],
  [4, message('Trename', { fid, dfid: weighted([3, directoryFid], [1, fc.constant(wire.NOFID)]), name: anyName })],
  [
    8,
    message('Trenameat', {
      ...{ olddirfid: directoryFid, oldname: anyName, newname: anyName },
      newdirfid: weighted([3, directoryFid], [1, fc.constant(wire.NOFID)]),
    }),
  ],
  [8, message('Tunlinkat', { dirfid: directoryFid, name: anyName, flags: oneOf(0, 0, wire.AT_REMOVEDIR, 1) })],
  [2, message('Txattrwalk', { fid, newfid: takenFid, name: attributeName })],
  [
    2,
    message('Txattrcreate', { fid, name: attributeName, attrSize: oneOf(0, 3, 65_536, 65_537), flags: attributeFlags }),
  ],
  [
    6,
    fc.record({
      does: fc.constant('setxattr' as const),
      fid,
      name: attributeName,
      value: attributeValue,
      flags: attributeFlags,
    }),
  ],
  [6, fc.record({ does: fc.constant('getxattr' as const), fid, name: attributeName })],
  [
    3,
    message('Tlock', {
      ...{ fid, type: oneOf(0, 1, 2), flags: oneOf(0, 1, 2), start: range, length: range },
      ...{ procId: fc.constant(7), clientId: fc.constant('host') },
    }),
  ],
  [
    2,
    message('Tgetlock', {
      ...{ fid, type: oneOf(0, 1, 2), start: range, length: range },
      ...{ procId: fc.constant(7), clientId: fc.constant('host') },
    }),
  ],
]
