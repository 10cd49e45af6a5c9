// A list of paths in little room: of each, how much it shares with the one before, and the rest of it. In a walk's order
// neighbours share nearly all.

/** Two numbers of 32 bits stand before the rest of each path. */
const HEAD = 8
const ROOM_LEAST = 4096

export class PathList {
  private bytes: Buffer<ArrayBuffer> = Buffer.allocUnsafeSlow(ROOM_LEAST)
  private previous = ''
  length = 0

  add(path: string): void {
    const shared = sharedLength(path, this.previous)
    const rest = path.length - shared
    this.reserve(HEAD + rest)
    this.bytes.writeUInt32LE(shared, this.length)
    this.bytes.writeUInt32LE(rest, this.length + 4)
    this.bytes.write(path.slice(shared), this.length + HEAD, 'latin1')
    this.length += HEAD + rest
    this.previous = path
  }

  get packed(): Buffer<ArrayBuffer> {
    return this.bytes.subarray(0, this.length)
  }

  private reserve(room: number): void {
    if (this.length + room <= this.bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.bytes.length, this.length + room))
    this.bytes.copy(larger, 0, 0, this.length)
    this.bytes = larger
  }
}

/** The paths of a packed list (Latin-1). What was cut short ends it. */
export function* pathsIn(packed: Buffer): Generator<string> {
  let path = ''
  for (let at = 0; at + HEAD <= packed.length;) {
    const shared = packed.readUInt32LE(at)
    const rest = packed.readUInt32LE(at + 4)
    path = path.slice(0, shared) + packed.latin1Slice(at + HEAD, at + HEAD + rest)
    at += HEAD + rest
    yield path
  }
}

function sharedLength(one: string, other: string): number {
  const most = Math.min(one.length, other.length)
  let shared = 0
  while (shared < most && one.charCodeAt(shared) === other.charCodeAt(shared)) shared += 1
  return shared
}
