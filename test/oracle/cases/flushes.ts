// Tflush, with requests under way and without (reference §3.14).

import { expect } from 'vitest'
import { encodeFrame } from '../../../src/wire/codec.js'
import { type Case, openPath } from '../case.js'

export const flushCases: readonly Case[] = [
  {
    title: 'any tag may be flushed: unknown, answered, its own',
    async run(pair) {
      for (const oldtag of [0, 3, 4, 5, 0xfffe, 0xffff]) await pair.call('Tflush', { oldtag })
    },
  },
  {
    title: 'on a read-only export too',
    as: 'read-only',
    run: async (pair) => void (await pair.call('Tflush', { oldtag: 7 })),
  },
  {
    title: 'a flushed request that was done anyhow is answered before its Rflush',
    async run(pair) {
      await openPath(pair, 'file', 1)
      for (let round = 0; round < 10; round += 1) {
        const [qemu, ours] = await pair.sendTogether([
          encodeFrame(40, 'Tfsync', { fid: 1, datasync: 1 }),
          encodeFrame(41, 'Tflush', { oldtag: 40 }),
        ])
        expect(qemu).toEqual(['40 Rfsync', '41 Rflush'])
        expect(ours).toEqual(['40 Rfsync', '41 Rflush'])
      }
    },
  },
  {
    title: 'one request may be flushed twice, and a flush be flushed',
    async run(pair) {
      await openPath(pair, 'file', 1)
      const [qemu, ours] = await pair.sendTogether([
        encodeFrame(40, 'Tfsync', { fid: 1, datasync: 1 }),
        encodeFrame(41, 'Tflush', { oldtag: 40 }),
        encodeFrame(42, 'Tflush', { oldtag: 40 }),
        encodeFrame(43, 'Tflush', { oldtag: 41 }),
      ])
      for (const replies of [qemu, ours]) {
        expect(replies[0]).toBe('40 Rfsync')
        expect([...replies].sort()).toEqual(['40 Rfsync', '41 Rflush', '42 Rflush', '43 Rflush'])
      }
    },
  },
  {
    title: 'requests that were sent together are all answered',
    async run(pair) {
      const frames = Array.from({ length: 16 }, (_, tag) =>
        encodeFrame(tag, 'Tgetattr', { fid: 0, requestMask: 0x7ff }),
      )
      for (const replies of await pair.sendTogether(frames)) {
        expect([...replies].sort()).toEqual(frames.map((_, tag) => `${tag} Rgetattr`).sort())
      }
    },
  },
]
