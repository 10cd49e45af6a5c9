// Trees of many objects, for conversions that take a while.

import { S_IFDIR } from '../../../src/sys/constants.js'
import { guestObjects, type SampleObject } from './sample-objects.js'

/** Names that one copy of the guest's objects has, its directory included. */
const NAMES = guestObjects.reduce((sum, { links = [] }) => sum + 1 + links.length, 0)

/** The guest's objects again and again, each time in a directory of their own: `names` of them or a few more. */
export function manyObjects(names: number): SampleObject[] {
  const [root, ...objects] = guestObjects
  const copies = Array.from({ length: Math.ceil(names / NAMES) }, (_, index) => `copy ${index}`)
  return [
    root!,
    ...copies.flatMap((above) => [
      { path: above, mode: S_IFDIR | 0o755, uid: 1000, gid: 1000 },
      ...objects.map((object) => ({
        ...object,
        path: `${above}/${object.path}`,
        links: (object.links ?? []).map((link) => `${above}/${link}`),
      })),
    ]),
  ]
}
