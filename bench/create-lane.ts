// Creation in the Linux client's order of messages, any number of times: shared by what measures the time of a creation
// and what measures the memory that many leave behind.

import { CREATE_FLAGS, HEADER_SIZE, str, u16, u32 } from './frames.js'
import { type Step, step } from './lane.js'

export const FILE_MODE = 0o100640
/** An owner that is not the server's own, so that a reply shows whose ownership was answered. */
export const FILE_GID = 4242

/** Where the name's first byte stands in a Tlcreate. */
const NAME_AT = HEADER_SIZE + 6

/** Creates `f0000000`, `f0000001`, … under `dfid` and clunks them, as the Linux client does on creat(2) and close(2). */
export function createLane(lane: number, dfid: number, fid: number): [Step, Step, Step] {
  const body = [u32(fid), str('f0000000'), u32(CREATE_FLAGS), u32(FILE_MODE), u32(FILE_GID)]
  return [
    step(lane, 'Twalk', [u32(dfid), u32(fid), u16(0)]),
    step(lane, 'Tlcreate', body, { patch: (bytes, operation) => writeNumber(bytes, NAME_AT + 1, operation) }),
    step(lane, 'Tclunk', [u32(fid)]),
  ]
}

/** Walks to what `createLane` made, to a new fid each time, counting from `firstFid`: the fid that the client's dentry keeps. */
export function keepStep(lane: number, dfid: number, firstFid: number): Step {
  const newfidAt = HEADER_SIZE + 4
  return step(lane, 'Twalk', [u32(dfid), u32(0), u16(1), str('f0000000')], {
    replySize: 22,
    patch: (bytes, operation) => {
      bytes.writeUInt32LE(firstFid + operation, newfidAt)
      writeNumber(bytes, newfidAt + 4 + 2 + 2 + 1, operation)
    },
  })
}

/** Seven decimal digits. */
function writeNumber(bytes: Buffer, at: number, value: number): void {
  for (let digit = at + 6; digit >= at; digit--) {
    bytes[digit] = 0x30 + (value % 10)
    value = Math.floor(value / 10)
  }
}
