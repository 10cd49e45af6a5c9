// All hand-written sequences.

import type { Case } from './case.js'
import { dialects } from './messages.js'
import { attributeCases } from './cases/attributes.js'
import { contentCases } from './cases/contents.js'
import { changeCases } from './cases/dialect-u/changes.js'
import { openCasesOfU } from './cases/dialect-u/opens.js'
import { recordCases } from './cases/dialect-u/records.js'
import { renameCases } from './cases/dialect-u/renames.js'
import { sessionCasesOfU } from './cases/dialect-u/session.js'
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

/** Played under 9P2000.u too, whose sessions answer the same requests, where they do not say otherwise. */
const inBoth = (some: readonly Case[]): readonly Case[] => some.map((one) => ({ dialects, ...one }))

export const cases: readonly Case[] = [
  ...[...sessionCases, ...fidCases, ...openCases, ...contentCases],
  ...[...attributeCases, ...lockCases, ...flushCases, ...readOnlyCases, ...objectCases],
  ...[...linkAndRenameCases, ...timeAndLengthCases, ...xattrCases],
  ...[...inBoth(nameCases), ...inBoth(walkCases), ...inBoth(xattrNameCases)],
  ...[...storedAttributeCases, ...storedRecordCases],
  ...[...sessionCasesOfU, ...openCasesOfU, ...recordCases, ...changeCases, ...renameCases],
]
