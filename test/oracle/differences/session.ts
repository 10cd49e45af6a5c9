// The start of a session, and frames that no client should send.

import type { Difference, Exchanged } from '../difference.js'
import { isSuccess } from '../messages.js'
import { SESSION_MSIZE } from '../peer.js'
import { always, sentAs } from './conditions.js'

const isFrame = ({ sent }: Exchanged): boolean => sent.message === 'frame'

export const ofSessions: readonly Difference[] = [
  {
    title: 'requests are answered before a version is agreed on, and after a Tversion that agrees on none',
    because: '§3.1, and docs/protocol.md',
    explains: ({ fact, ours }, { scene }) =>
      fact === 'outcome' && (ours === 'EPROTO' || ours === 'Rerror EPROTO') && !scene.isAgreed,
    diverges: ({ qemu }) => isSuccess(qemu),
  },
  {
    title: 'any msize below 2^31 is agreed to, and one above is negative',
    because: '§8 row 29',
    explains: ({ fact, qemu, ours }, exchanged) => {
      const { msize = 0 } = sentAs(exchanged, 'Tversion')?.body ?? {}
      if (fact === 'msize') return qemu === msize && ours === SESSION_MSIZE && msize > SESSION_MSIZE
      return fact === 'outcome' && qemu === 'EMSGSIZE' && ours === 'Rversion' && msize >= 2 ** 31
    },
    diverges: always,
  },
  {
    title: 'a message that is cut, or brings less than it announces, ends the device',
    because: '§8 row 32',
    explains: ({ fact, qemu, ours }, exchanged) =>
      fact === 'outcome' && qemu === 'given up' && ours === 'EPROTO' && isFrame(exchanged),
    diverges: always,
  },
  {
    title: 'bytes behind the data of a Twrite are ignored',
    because: '§3.7: over a socket the count must be what the frame holds',
    explains: ({ fact, qemu, ours }, exchanged) =>
      fact === 'outcome' && qemu === 'Rwrite' && ours === 'EINVAL' && isFrame(exchanged),
    diverges: always,
  },
  {
    title: 'over virtio a frame’s size is not looked at, and none is too large',
    because: '§3.1 framing: over a socket the stream would be lost',
    explains: ({ fact, ours }, exchanged) => fact === 'outcome' && ours === 'given up' && isFrame(exchanged),
    diverges: always,
  },
  {
    title: 'a string is cut at NUL',
    because: '§8 row 39',
    explains: ({ fact, ours }, { sent }) => {
      const holdsNul = Object.values(sent.body as Record<string, unknown>).some(
        (member) => typeof member === 'string' && member.includes('\0'),
      )
      return fact === 'outcome' && ours === 'ENOENT' && holdsNul
    },
    diverges: always,
  },
]
