// What a server counts outside of connections.

export interface ServerTotals {
  readonly connections: number
  /** Those that are or were served. */
  readonly accepted: number
  readonly refused: number
}
