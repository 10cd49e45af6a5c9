// The load: a closed loop that keeps as many requests in flight as there are lanes, and does as little else as it can.
// Frames are encoded before the clock starts; a reply is looked at only for its size, its type and its tag.

import type { Connection } from './connection.js'
import { HEADER_SIZE, MessageType } from './frames.js'
import type { Lane, Step } from './lane.js'

/** Where a lane stands. */
interface Position {
  readonly lane: Lane
  step: Step
  next: number
  operation: number
}

/** Large enough for 32 replies of 4 KiB, and for several of 128 KiB, so that bytes are seldom moved. */
const incoming = Buffer.alloc(2 ** 20)
/** Holds what one turn of the loop sends. Single lanes send from their own frames and are not bounded by it. */
const outgoing = Buffer.alloc(2 ** 16)

/**
 * Performs `operations` operations, each one round of a lane's steps, and returns the seconds from the first byte sent to
 * the last reply. Fails on the first reply that is an error, has another type, or has another size than foreseen.
 *
 * Several lanes must have short requests: all of them fit the socket's buffer, so that writing never waits for a server
 * which itself waits to be read.
 */
export function drive(connection: Connection, lanes: readonly Lane[], operations: number): number {
  const positions: Position[] = lanes.map((lane) => ({ lane, step: lane[0], next: 1, operation: 0 }))
  let started = 0
  let finished = 0
  let queued = 0

  const send = (step: Step, operation: number): void => {
    step.patch?.(step.frame, operation)
    if (lanes.length === 1) connection.write(step.frame, step.frame.length)
    else {
      outgoing.set(step.frame, queued)
      queued += step.frame.length
    }
  }

  const begin = performance.now()
  for (const position of positions.slice(0, operations)) send(position.step, (position.operation = started++))
  if (queued > 0) connection.write(outgoing, queued)

  let end = 0
  while (finished < operations) {
    end += connection.read(incoming, end)
    queued = 0
    let at = 0
    while (end - at >= HEADER_SIZE) {
      const size = uint32(at)
      if (end - at < size) break
      const position = positions[(incoming[at + 5] ?? 0) | ((incoming[at + 6] ?? 0) << 8)]
      if (position === undefined) throw new Error(`Cannot match a reply: no request has its tag`)
      accept(position.step, at, size)
      at += size
      const step = position.lane[position.next]
      if (step !== undefined) {
        position.next++
        send((position.step = step), position.operation)
        continue
      }
      finished++
      if (started === operations) continue
      position.next = 1
      send((position.step = position.lane[0]), (position.operation = started++))
    }
    if (at === end) end = 0
    else if (at > 0) {
      incoming.copyWithin(0, at, end)
      end -= at
    }
    if (queued > 0) connection.write(outgoing, queued)
  }
  return (performance.now() - begin) / 1000
}

const uint32 = (at: number): number =>
  ((incoming[at] ?? 0) |
    ((incoming[at + 1] ?? 0) << 8) |
    ((incoming[at + 2] ?? 0) << 16) |
    ((incoming[at + 3] ?? 0) << 24)) >>>
  0

/** Refuses a reply that does not answer `step`. */
function accept(step: Step, at: number, size: number): void {
  const wanted = (step.frame[4] ?? 0) + 1
  const type = incoming[at + 4]
  if (type === wanted && (step.replySize === undefined || step.replySize === size)) return
  const got =
    type === MessageType.Rlerror ? `errno ${uint32(at + HEADER_SIZE)}` : `a reply of type ${type}, ${size} bytes`
  throw new Error(`Cannot accept ${got}: type ${wanted}, ${step.replySize ?? 'any number of'} bytes foreseen`)
}
