// All that QEMU and virtfs may differ in. What is not here fails a test; what is here must be met by one. Rows of the
// reference's section 8 that no entry names are kept as QEMU has them, are normalised (facts.ts), or
// cannot be shown by messages: descriptors that run short, crashes half-way, other hosts, several devices.

import type { Difference } from './difference.js'
import { ofAttributes } from './differences/attributes.js'
import { ofDialectU } from './differences/dialect-u.js'
import { ofFids } from './differences/fids.js'
import { ofFiles } from './differences/files.js'
import { ofLocks } from './differences/locks.js'
import { ofRecords } from './differences/records.js'
import { ofSessions } from './differences/session.js'
import { ofXattrs } from './differences/xattrs.js'

export const differences: readonly Difference[] = [
  ...ofSessions,
  ...ofFids,
  ...ofFiles,
  ...ofAttributes,
  ...ofRecords,
  ...ofLocks,
  ...ofXattrs,
  ...ofDialectU,
]
