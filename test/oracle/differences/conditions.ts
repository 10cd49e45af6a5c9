// What the explanations of differences ask about an exchange.

import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../../../src/sys/constants.js'
import type { Exchanged } from '../difference.js'
import { isRefusal, isSuccess, type Sent } from '../messages.js'
import type { Place } from '../scene.js'
import { type Change, changeOf, type Creation, creationOf, type Opening, openingOf } from '../wanted.js'

export const isMapped = ({ model }: Exchanged): boolean => model === 'mapped-xattr' || model === 'mapped-file'

export const bothSucceed = ({ qemu, ours }: Exchanged): boolean => isSuccess(qemu) && isSuccess(ours)
export const bothRefuse = ({ qemu, ours }: Exchanged): boolean => isRefusal(qemu) && isRefusal(ours)

/** What the fid of a request means by name; undefined for an unknown one. */
export const objectOf = ({ scene }: Exchanged, fid: number): Place | undefined => scene.objects.get(fid)

export const typeOf = (place: Place | undefined): number => (place?.mode ?? 0) & S_IFMT
export const hostTypeOf = (place: Place | undefined): number => (place?.hostMode ?? 0) & S_IFMT

/** True for what is neither a file nor a directory to the guest. */
export const isSpecial = (place: Place | undefined): boolean => ![0, S_IFREG, S_IFDIR].includes(typeOf(place))

/** True for what is neither a file nor a directory on the host. */
export const isSpecialOnHost = (place: Place | undefined): boolean => ![0, S_IFREG, S_IFDIR].includes(hostTypeOf(place))

export const isHostSymlink = (place: Place | undefined): boolean => hostTypeOf(place) === S_IFLNK

/** The request, if it is one of these messages. */
export function sentAs<M extends Sent['message']>(
  { sent }: Exchanged,
  ...messages: readonly M[]
): Extract<Sent, { message: M }> | undefined {
  return (messages as readonly string[]).includes(sent.message) ? (sent as Extract<Sent, { message: M }>) : undefined
}

/** What the request asks to be opened, changed or made, whichever dialect's message it is. */
export const opening = ({ sent, dialect }: Exchanged): Opening | undefined => openingOf(sent, dialect)
export const change = ({ sent }: Exchanged): Change | undefined => changeOf(sent)
export const creation = ({ sent }: Exchanged): Creation | undefined => creationOf(sent)

/** A read of a directory, which 9P2000.u lists so. */
export const isRecordRead = ({ sent, scene, dialect }: Exchanged): boolean =>
  dialect === '9P2000.u' && sent.message === 'Tread' && scene.fids.get(sent.body.fid)?.role === 'directory'

export const never = (): boolean => false
export const always = (): boolean => true
