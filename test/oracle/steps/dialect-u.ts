// Steps with what 9P2000.u has besides.

import fc from 'fast-check'
import type { Name } from '../../../src/name.js'
import * as wire from '../../../src/wire/constants.js'
import { NO_CHANGE, type StatChange } from '../../../src/wire/stat.js'
import { dmPermissions } from '../wanted.js'
import { bits, oneOf, type Weighted, weighted } from './drawing.js'
import { access, anyName, deviceNumber, directoryFid, fid, gid, newName, permissions, size, uid } from './members.js'
import { message, type Step } from './step.js'

/** The mode byte. */
export const mode = fc
  .tuple(access, weighted([4, fc.constant(0)], [1, bits(wire.OTRUNC, wire.OAPPEND, wire.OEXCL, 0x20, 0x40)]))
  .map(([how, extra]) => how | extra)

const dm = permissions.map(dmPermissions)
/** QEMU loses set-id and sticky bits when something is made, which ends the sequence. */
const plain = permissions.map((octal) => octal & 0o777)
const target = oneOf('', 'file', '/x/y', 'z'.repeat(4000))
const device = fc
  .tuple(oneOf('b', 'c'), deviceNumber, deviceNumber)
  .map(([letter, major, minor]) => `${letter} ${major} ${minor}`)

/** perm and extension that belong to each other, and some that do not. */
const made = weighted<readonly [perm: number, extension: string]>(
  [5, fc.tuple(weighted([8, plain], [1, dm]), oneOf('', 'file'))],
  [3, fc.tuple(plain, fc.constant('')).map(([octal, extension]) => [(wire.DMDIR | octal) >>> 0, extension] as const)],
  [2, fc.tuple(plain, target).map(([octal, text]) => [wire.DMSYMLINK | octal, text] as const)],
  [3, fc.tuple(plain, fid).map(([octal, source]) => [wire.DMLINK | octal, String(source)] as const)],
  [2, fc.tuple(plain, device).map(([octal, text]) => [wire.DMDEVICE | octal, text] as const)],
  [2, fc.tuple(plain, oneOf(wire.DMNAMEDPIPE, wire.DMSOCKET)).map(([octal, kind]) => [kind | octal, ''] as const)],
  [
    1,
    fc
      .tuple(bits(wire.DMDIR, wire.DMSYMLINK, wire.DMNAMEDPIPE, wire.DMSOCKET), plain)
      .map(([kinds, octal]) => [(kinds | octal) >>> 0, 'file'] as const),
  ],
)

const creation = fc
  .record({ fid: directoryFid, name: newName, what: made, mode })
  .map(({ what: [perm, extension], ...rest }) => ({ ...rest, perm, extension }))

/** A second of the one century that QEMU's signed and our unsigned number of seconds both have. */
const second = oneOf(0, 1, 1_000_000, 2_147_483_647)
const length = size.map((bytes) => (bytes >= 2 ** 63 ? -2 : bytes))
/** QEMU ends where a name has a slash. */
const changedName = anyName.filter((name) => !name.includes('/')) as fc.Arbitrary<Name | ''>
const anyMode = fc
  .tuple(dm, oneOf(0, 0, wire.DMDIR, wire.DMSYMLINK, wire.DMLINK, wire.DMNAMEDPIPE, wire.DMSOCKET))
  .map(([octal, kind]) => (kind | octal) >>> 0)

const some = (members: { [K in keyof StatChange]?: fc.Arbitrary<StatChange[K]> }): fc.Arbitrary<StatChange> =>
  fc.record(members).map((drawn) => ({ ...NO_CHANGE, ...drawn }))

const stat = weighted<StatChange>(
  [3, some({ atime: second, mtime: second })],
  [1, weighted([1, some({ atime: second })], [1, some({ mtime: second })])],
  [3, weighted([1, some({ nUid: uid })], [1, some({ nGid: gid })], [1, some({ nUid: uid, nGid: gid })])],
  [3, some({ length })],
  [6, some({ name: changedName })],
  [2, some({ mode: anyMode, extension: oneOf('', 'c 1 3', 'b 1 3') })],
  [1, some({ name: changedName, mtime: second, nUid: uid })],
  [1, some({ muid: oneOf('', 'nobody') })],
)

export const stepsOfU: readonly Weighted<Step>[] = [
  [4, message('Topen', { fid, mode })],
  [
    20,
    fc
      .record({ creation, isDaring: weighted([30, fc.constant(false)], [1, fc.constant(true)]) })
      .map((drawn): Step => ({
        does: 'send',
        sent: { message: 'Tcreate', body: drawn.creation },
        isDaring: drawn.isDaring,
      })),
  ],
  [12, message('Tstat', { fid })],
  [16, message('Twstat', { fid, stat })],
  [6, fc.record({ does: fc.constant('wstat mode' as const), fid, permissions: dm })],
  [5, message('Tread', { fid, offset: fc.constant(0), count: oneOf(8168, 4096, 400, 100) })],
]
