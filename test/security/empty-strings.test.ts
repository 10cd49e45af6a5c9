// CVE-2016-8578: an empty string in a message ended QEMU. Every request is sent with each of its strings empty and all
// of its numbers 0, under both dialects: it is answered, and so is what comes after it.

import { expect, it } from 'vitest'
import { rows } from '../../src/wire/codec.js'
import type { Request } from '../../src/wire/messages.js'
import { Exchange } from '../support/exchange.js'

const requests = Object.keys(rows).filter((message): message is Request => message.startsWith('T'))

/** Longer than the fixed fields of any request. */
const ZEROS = 256

it.each(['9P2000.L', '9P2000.u'])(
  '%s: each request of empty strings is answered, and so is the next',
  async (version) => {
    const answers = new Map<Request, string>()
    for (const message of requests) {
      using exchange = await Exchange.attached({ version })
      const frame = Buffer.alloc(7 + ZEROS)
      frame.writeUInt32LE(frame.length, 0)
      frame.writeUInt8(rows[message].type, 4)
      frame.writeUInt16LE(7, 5)
      const reply = exchange.replyTo(7)
      exchange.feed(frame)
      answers.set(message, (await reply).message)
      await exchange.call('Tversion', { msize: 8192, version })
      await exchange.attach(0, 1000)
      expect(await exchange.refusal('Tgetattr', { fid: 0, requestMask: 0 })).toBeUndefined()
    }
    const refused = version === '9P2000.L' ? 'Rlerror' : 'Rerror'
    // An empty name names nothing; an empty attribute name asks for the list, and an empty version agrees on none.
    for (const message of ['Tlcreate', 'Tmkdir', 'Tsymlink', 'Tlink', 'Trename', 'Tunlinkat', 'Tcreate'] as const) {
      expect([message, answers.get(message)]).toEqual([message, refused])
    }
    expect(answers.get('Tversion')).toBe('Rversion')
    expect(answers.size).toBe(requests.length)
  },
)
