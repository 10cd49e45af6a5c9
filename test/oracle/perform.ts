// Doing a step of a generated sequence, so that most of it means something.

import type { Name } from '../../src/name.js'
import { S_IFDIR, S_IFMT, S_IFREG } from '../../src/sys/constants.js'
import * as wire from '../../src/wire/constants.js'
import { guestGid, guestUid } from '../../src/ids.js'
import { encodeRequest, type Sent, sentOf } from './messages.js'
import type { Pair } from './pair.js'
import { sceneOf } from './scene.js'
import { DONT_TOUCH, NO_CHANGE } from '../../src/wire/stat.js'
import { SPARE_FID, type Step } from './steps/step.js'
import { creationOf } from './wanted.js'

/** Does a step; the pair may have diverged when it is done. */
export async function perform(step: Step, pair: Pair): Promise<void> {
  switch (step.does) {
    case 'send':
      return sendStep(step.sent, step.isDaring, pair)
    case 'reach': {
      await free(step.fid, pair)
      if (isOver(pair)) return
      await pair.send('Twalk', { fid: 0, newfid: step.fid, wnames: step.path as readonly Name[] })
      if (step.flags !== undefined && !isOver(pair) && isOpenedAlike(step.fid, pair)) {
        await open(step.fid, step.flags, pair)
      }
      return
    }
    case 'renew':
      return pair.begin(step.nUname, step.msize)
    case 'chmod':
      return chmod(step, pair)
    case 'wstat mode':
      return wstatMode(step, pair)
    case 'setxattr':
      return setxattr(step, pair)
    case 'getxattr':
      return getxattr(step, pair)
  }
}

/** Opens a fid as the dialect's client does. */
async function open(fid: number, bits: number, pair: Pair): Promise<void> {
  if (pair.options.dialect === '9P2000.L') await pair.send('Tlopen', { fid, flags: bits })
  else await pair.send('Topen', { fid, mode: bits })
}

/** The bits of 9P2000.u's mode that are no permission. */
const DM_TYPES = 0xffe0_0000 | wire.DMSOCKET

const isOver = (pair: Pair): boolean => pair.diverged !== undefined

async function sendStep(sent: Sent, isDaring: boolean, pair: Pair): Promise<void> {
  if (!isDaring) await letLostGo(sent, pair)
  // QEMU takes frames of any size over virtio; a stream would be lost.
  if (encodeRequest(0, sent, pair.options.dialect).length > pair.fids.msize) return
  const cautious = isDaring ? sent : exclusive(sent, pair)
  if (!isOver(pair)) await pair.send(cautious.message, cautious.body)
}

/** Lets go of fids whose name means something else by now: to use one says that QEMU's are paths, and ends the sequence. */
async function letLostGo(sent: Sent, pair: Pair): Promise<void> {
  const { lost } = sceneOf(sent, pair.fids, pair.options.trees)
  for (const fid of lost) if (!isOver(pair) && sent.message !== 'Tclunk') await pair.send('Tclunk', { fid })
}

/** Creates nothing over what is there: QEMU would give that another owner, and the sequence would end. */
function exclusive(sent: Sent, pair: Pair): Sent {
  const { named } = sceneOf(sent, pair.fids, pair.options.trees)
  if (creationOf(sent)?.mayExist !== true || named[0]?.exists !== true) return sent
  if (sent.message === 'Tlcreate') return sentOf('Tlcreate', { ...sent.body, flags: sent.body.flags | wire.DOTL_EXCL })
  return sent.message === 'Tcreate' ? sentOf('Tcreate', { ...sent.body, mode: sent.body.mode | wire.OEXCL }) : sent
}

/** False for what a mapped model keeps in a file that QEMU opens, where the sequence would end. */
function isOpenedAlike(fid: number, { fids, options }: Pair): boolean {
  const mode = fids.storedMode(fids.get(fid)?.path ?? '') ?? S_IFREG
  return !options.model.startsWith('mapped') || [S_IFREG, S_IFDIR].includes(mode & S_IFMT)
}

async function free(fid: number, pair: Pair): Promise<void> {
  if (pair.fids.get(fid) !== undefined) await pair.send('Tclunk', { fid })
}

async function chmod({ fid, permissions, ctime }: Extract<Step, { does: 'chmod' }>, pair: Pair): Promise<void> {
  if (pair.fids.isLost(fid)) return free(fid, pair)
  const { qemu } = await pair.send('Tgetattr', { fid, requestMask: wire.GETATTR_BASIC })
  const type = qemu.message === 'Rgetattr' ? qemu.body.mode & S_IFMT : 0
  await pair.send('Tsetattr', {
    ...{ fid, valid: wire.SETATTR_MODE | (ctime ? wire.SETATTR_CTIME : 0), mode: type | permissions },
    ...{ uid: guestUid(0), gid: guestGid(0), size: 0, atimeSec: 0, atimeNsec: 0, mtimeSec: 0, mtimeNsec: 0 },
  })
}

/** The extension goes with it: without one QEMU takes every device for a block device. */
async function wstatMode({ fid, permissions }: Extract<Step, { does: 'wstat mode' }>, pair: Pair): Promise<void> {
  if (pair.fids.isLost(fid)) return free(fid, pair)
  const { qemu } = await pair.send('Tstat', { fid })
  const { mode, extension } = qemu.message === 'Rstat' ? qemu.body.stat : { mode: 0, extension: '' }
  const type = mode === DONT_TOUCH ? 0 : mode & DM_TYPES
  await pair.send('Twstat', { fid, stat: { ...NO_CHANGE, mode: (type | permissions) >>> 0, extension } })
}

/** A clone of the fid in the spare one; false when there is none. */
async function clone(fid: number, pair: Pair): Promise<boolean> {
  if (pair.fids.isLost(fid)) {
    await free(fid, pair)
    return false
  }
  await pair.send('Twalk', { fid, newfid: SPARE_FID, wnames: [] })
  return !isOver(pair) && pair.fids.get(SPARE_FID) !== undefined
}

async function setxattr({ fid, name, value, flags }: Extract<Step, { does: 'setxattr' }>, pair: Pair): Promise<void> {
  if (!(await clone(fid, pair))) return
  await pair.send('Txattrcreate', { fid: SPARE_FID, name, attrSize: value.length, flags })
  if (value !== '' && !isOver(pair)) {
    await pair.send('Twrite', { fid: SPARE_FID, offset: 0, data: Buffer.from(value, 'latin1') })
  }
  if (!isOver(pair)) await pair.send('Tclunk', { fid: SPARE_FID })
}

async function getxattr({ fid, name }: Extract<Step, { does: 'getxattr' }>, pair: Pair): Promise<void> {
  if (pair.fids.isLost(fid)) return free(fid, pair)
  await pair.send('Txattrwalk', { fid, newfid: SPARE_FID, name })
  if (isOver(pair) || pair.fids.get(SPARE_FID) === undefined) return
  await pair.send('Tread', { fid: SPARE_FID, offset: 0, count: 8000 })
  if (!isOver(pair)) await pair.send('Tclunk', { fid: SPARE_FID })
}
