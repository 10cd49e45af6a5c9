// Where connections run: in this thread, or each in a thread of its own.

import type { Fd } from '../sys/fd.js'

/** What whoever accepted a connection wants to hear of it. */
export interface ConnectionEvents {
  /** It is over, whatever ended it. Called once. */
  readonly onClosed: () => void
}

/** A connection that is being served. */
export interface RunningConnection {
  /** Answers what has arrived and what is under way, then closes. */
  end(): void
  /** Closes at once. */
  destroy(): void
}

export interface ConnectionHost {
  /** Makes ready what the first connection would have to wait for. Called when connections may come. */
  prepare(): void
  /** Takes over the descriptor of a connected socket and serves it. `number` is what the log calls it by. */
  start(socket: Fd, number: number, events: ConnectionEvents): RunningConnection
  /** Gives back what is kept ready for further connections. Called when all are over. */
  close(): Promise<void>
}

/** What the log calls a connection. */
export const nameOf = (number: number): string => `connection ${number}`
