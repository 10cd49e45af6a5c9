// What is compared of a tree before a conversion and after that was put back.

import type { Plan } from '../../../src/convert/plan.js'
import { type Portrait, withoutAccess, withoutInherited } from './portrait.js'

/**
 * What the sample's model stores in part is stored whole before anything else, and stays so: its guest sees no difference.
 * Records that no guest of this tree sees are gone for good: those of objects that do not exist, and of another export's root.
 */
const NOT_PUT_BACK = /partial|none\/\.virtfs_metadata|\.virtfs_metadata\/gone|\/\.virtfs_metadata_root$/

/** Leaves out what no abort can bring back. What is lost the plan has said. */
export function putBackPart(looks: Portrait, { lost }: Pick<Plan, 'lost'>): Portrait {
  const lostPaths = new Set(lost.map(({ path }) => path))
  return Object.fromEntries(
    Object.entries(withoutInherited(withoutAccess(looks))).filter(
      ([path]) => !NOT_PUT_BACK.test(path) && !lostPaths.has(path),
    ),
  )
}
