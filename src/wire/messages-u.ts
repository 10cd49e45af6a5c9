// What 9P2000.u has besides the messages that it shares with 9P2000.L, one row each (reference §5.1).

import type { DotRefusal } from '../name.js'
import { cstring, name, struct, text, u32, u8 } from './fields.js'
import { qid } from './qid.js'
import { changeInMessage, statInMessage } from './stat.js'

const onCreate: DotRefusal = { dot: 'EEXIST', dotDot: 'EEXIST' }

export const messagesOfU = {
  Rerror: { type: 107, body: struct({ ename: text, errno: u32 }) },
  Topen: { type: 112, body: struct({ fid: u32, mode: u8 }) },
  Ropen: { type: 113, body: struct({ qid, iounit: u32 }) },
  Tcreate: {
    type: 114,
    body: struct({ fid: u32, name: name(onCreate), perm: u32, mode: u8, extension: cstring }),
  },
  Rcreate: { type: 115, body: struct({ qid, iounit: u32 }) },
  Tstat: { type: 124, body: struct({ fid: u32 }) },
  Rstat: { type: 125, body: struct({ stat: statInMessage }) },
  Twstat: { type: 126, body: struct({ fid: u32, stat: changeInMessage }) },
  Rwstat: { type: 127, body: struct({}) },
} as const
