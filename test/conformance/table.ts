// The table: every case, whatever model it needs.

import { attributeCases } from './cases/attributes.js'
import { budgetCases } from './cases/budget.js'
import { fileCases } from './cases/files.js'
import { handleCases } from './cases/handles.js'
import { kindCases } from './cases/kinds.js'
import { listingCases } from './cases/listings.js'
import { lockCases } from './cases/locks.js'
import { nameCases } from './cases/names.js'
import { renameCases } from './cases/renames.js'
import { xattrCases } from './cases/xattrs.js'
import type { Case } from './case.js'

export const cases: readonly Case[] = [
  ...kindCases,
  ...fileCases,
  ...attributeCases,
  ...nameCases,
  ...renameCases,
  ...handleCases,
  ...listingCases,
  ...xattrCases,
  ...lockCases,
  ...budgetCases,
]
