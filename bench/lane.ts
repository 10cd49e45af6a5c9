// What the load sends: lanes of steps, encoded before any clock starts.

import { frame, MessageType } from './frames.js'

/** One request of a lane, and the reply it must get. */
export interface Step {
  /** The whole request. Its tag is the lane's number. */
  readonly frame: Buffer
  /** The size of the reply's frame where it is known; a short read is then a failure. */
  readonly replySize?: number
  /** Writes what differs from one operation to the next into `frame`, before each sending. */
  readonly patch?: (frame: Buffer, operation: number) => void
}

/** One request in flight at any time: its steps in order, each sent when the one before was answered, again and again. */
export type Lane = readonly [Step, ...Step[]]

/** Makes a step without naming its tag, which is its lane's. */
export function step(
  lane: number,
  name: keyof typeof MessageType,
  body: readonly Buffer[],
  more: Omit<Step, 'frame'> = {},
): Step {
  return { frame: frame(MessageType[name], lane, ...body), ...more }
}

/** One lane for each request in flight. */
export const lanesOf = (count: number, lane: (n: number) => Lane): Lane[] =>
  Array.from({ length: count }, (_, n) => lane(n))
