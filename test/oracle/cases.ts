// All hand-written sequences.

import type { Case } from './case.js'
import { attributeCases } from './cases/attributes.js'
import { contentCases } from './cases/contents.js'
import { fidCases } from './cases/fids.js'
import { flushCases } from './cases/flushes.js'
import { linkAndRenameCases } from './cases/links-and-renames.js'
import { lockCases } from './cases/locks.js'
import { nameCases } from './cases/names.js'
import { objectCases } from './cases/objects.js'
import { openCases } from './cases/opens.js'
import { readOnlyCases } from './cases/read-only.js'
import { sessionCases } from './cases/session.js'
import { storedAttributeCases } from './cases/stored-attributes.js'
import { storedRecordCases } from './cases/stored-records.js'
import { timeAndLengthCases } from './cases/times-and-lengths.js'
import { walkCases } from './cases/walks.js'
import { xattrNameCases } from './cases/xattr-names.js'
import { xattrCases } from './cases/xattrs.js'

export const cases: readonly Case[] = [
  ...[...sessionCases, ...fidCases, ...nameCases, ...walkCases, ...openCases, ...contentCases],
  ...[
    ...attributeCases,
    ...lockCases,
    ...xattrCases,
    ...xattrNameCases,
    ...flushCases,
    ...readOnlyCases,
    ...objectCases,
    ...linkAndRenameCases,
    ...timeAndLengthCases,
  ],
  ...[...storedAttributeCases, ...storedRecordCases],
]
