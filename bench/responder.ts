// Answers every request with an Rgetattr of zeros and its tag, and does nothing else: run as `node responder.js SOCKET`.
// What the generator reaches against it bounds what any server written for Node could show here.

import { createServer, type Socket } from 'node:net'
import { HEADER_SIZE, MessageType } from './frames.js'

const REPLY_SIZE = 160
/** More than the requests that 32 lanes send at once. */
const CHUNK_SIZE = 2 ** 14

function respond(socket: Socket): void {
  let pending: Buffer = Buffer.alloc(0)
  // Reused at once: a client that keeps no more in flight than fits has read it before it asks again.
  const replies = Buffer.alloc((CHUNK_SIZE / HEADER_SIZE + 1) * REPLY_SIZE)
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk: Buffer) => {
    const bytes = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
    let at = 0
    let end = 0
    while (bytes.length - at >= HEADER_SIZE && bytes.length - at >= bytes.readUInt32LE(at)) {
      replies.writeUInt32LE(REPLY_SIZE, end)
      replies[end + 4] = MessageType.Tgetattr + 1
      replies.writeUInt16LE(bytes.readUInt16LE(at + 5), end + 5)
      end += REPLY_SIZE
      at += bytes.readUInt32LE(at)
    }
    pending = bytes.subarray(at)
    if (end > 0) socket.write(replies.subarray(0, end))
  })
}

createServer(respond).listen(process.argv[2], () => process.stdout.write('listening\n'))
