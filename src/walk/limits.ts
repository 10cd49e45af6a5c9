// How a walk is cut into pieces, and how much it may hold. Results are the same whatever these are.

export interface WalkLimits {
  /** Entries that the calling thread visits before it starts others: a small tree needs none. */
  readonly entriesAlone: number
  /** Entries that a thread visits before it tells what it found, and what it left for others. */
  readonly entriesAtOnce: number
  /** The same for the calling thread, which others wait for. */
  readonly entriesBetween: number
  /** Bytes of results with which it does so earlier. */
  readonly bytesAtOnce: number
  /** Tasks that a thread is given at once. */
  readonly tasksAtOnce: number
  /** Into how many stretches a thread divides what it leaves, besides the last one of each directory. */
  readonly stretches: number
  /** Directories between the start and where a thread is that it keeps open. */
  readonly openDirectories: number
  /** Bytes of a directory's listing that are read at once, at the start's level; deeper down it is less. */
  readonly room: number
  /** Bytes of results that wait for earlier ones, or for whoever consumes them. */
  readonly bytesWaiting: number
}

export const walkLimits: WalkLimits = {
  entriesAlone: 2000,
  entriesAtOnce: 2000,
  entriesBetween: 500,
  bytesAtOnce: 2 ** 20,
  tasksAtOnce: 64,
  stretches: 16,
  openDirectories: 64,
  room: 32_768,
  bytesWaiting: 8 * 2 ** 20,
}

/** A listing that is under way on each of five thousand levels should not take 32 KiB on each. */
const roomsByLevel = [
  { from: 512, room: 512 },
  { from: 64, room: 2048 },
  { from: 16, room: 8192 },
] as const

/** How much of a listing is read at once, so many levels below the start. */
export function roomAt(level: number, { room }: WalkLimits): number {
  const most = roomsByLevel.find(({ from }) => level >= from)?.room ?? room
  return Math.min(room, most)
}
