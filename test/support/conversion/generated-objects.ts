// Trees of any shape, with objects of every kind, for properties of conversions.

import fc from 'fast-check'
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFREG, S_IFSOCK } from '../../../src/sys/constants.js'
import {
  ACCESS,
  acl,
  DEFAULT,
  GROUP,
  GROUP_OBJ,
  MASK,
  OTHER,
  type SampleObject,
  type Times,
  USER,
  USER_OBJ,
} from './sample-objects.js'

const rangedIds = fc.constantFrom(0, 7, 1000, 65_534)
/** Beyond the range of a sample conversion's ids is one of them. */
const anyIds = fc.constantFrom(0, 7, 1000, 65_534, 70_000)
const types = fc.constantFrom(S_IFREG, S_IFREG, S_IFDIR, S_IFDIR, S_IFLNK, S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK)
const permissions = fc.oneof(fc.constantFrom(0o644, 0o755, 0o000, 0o4755, 0o2711), fc.integer({ min: 0, max: 0o7777 }))
const seconds = fc.integer({ min: -1_000_000_000, max: 2_000_000_000 })
const nanoseconds = fc.integer({ min: 0, max: 999_999_999 })
const times: fc.Arbitrary<Times> = fc.tuple(seconds, nanoseconds, seconds, nanoseconds)
/** Some that are no UTF-8. */
const endings = fc.constantFrom('', ' ', '\xe9', '\n', '*', '-n')
const stored = fc.constantFrom<SampleObject['stored']>(['mode'], ['uid', 'mode'], ['gid'], [])

const drawn = fc.record({
  type: types,
  permissions,
  uid: anyIds,
  gid: anyIds,
  rdev: fc.tuple(fc.integer({ min: 0, max: 0xfff }), fc.integer({ min: 0, max: 0xff })),
  content: fc.string({ unit: 'binary-ascii', maxLength: 20 }),
  times,
  ending: endings,
  /** In which of the directories that there are so far. */
  above: fc.nat(),
  links: fc.array(fc.nat(), { maxLength: 2 }),
  hasAcl: fc.boolean(),
  hasDefaultAcl: fc.boolean(),
  hasAttribute: fc.boolean(),
  stored: fc.option(stored, { nil: undefined, freq: 3 }),
})
type Drawn = (typeof drawn)['generate'] extends (...all: never[]) => { value: infer T } ? T : never

/** All of it is stored, as a guest's kernel makes it, and all ids have ranges. */
const uniform: fc.Arbitrary<Drawn> = fc
  .tuple(drawn, rangedIds, rangedIds)
  .map(([each, uid, gid]) => ({ ...each, uid, gid, stored: undefined }))

/** `isUniform`: as one run of QEMU leaves a tree. Otherwise some of it may be stored in part, or not at all. */
export function generatedObjects(isUniform: boolean): fc.Arbitrary<SampleObject[]> {
  const each = isUniform ? uniform : drawn
  return fc
    .tuple(each, fc.array(each, { maxLength: 12 }))
    .map(([root, others]) => objectsOf({ ...root, type: S_IFDIR }, others))
}

function objectsOf(root: Drawn, others: readonly Drawn[]): SampleObject[] {
  const objects = [objectOf(root, '', [])]
  const directories = ['']
  others.forEach((each, index) => {
    const within = (at: number, name: string): string => `${directories[at % directories.length]!}${name}${each.ending}`
    const path = within(each.above, `n${index}`)
    const links = each.type === S_IFDIR ? [] : each.links.map((at, link) => within(at, `n${index}-${link}`))
    objects.push(objectOf(each, path, links))
    if (each.type === S_IFDIR) directories.push(`${path}/`)
  })
  return objects
}

function objectOf(each: Drawn, path: string, links: readonly string[]): SampleObject {
  const { type, uid, gid, times } = each
  const isPlain = type === S_IFREG || type === S_IFDIR
  const isDevice = type === S_IFCHR || type === S_IFBLK
  const bits = type === S_IFLNK ? 0o777 : isPlain ? each.permissions : each.permissions & 0o777
  const acls = {
    ...(each.hasAcl && type !== S_IFLNK && { [ACCESS]: aclOf(bits, uid) }),
    ...(each.hasDefaultAcl && type === S_IFDIR && { [DEFAULT]: aclOf(0o750, uid) }),
  }
  // Without the mode there is no telling that it is one of these.
  const mayBePartial = type !== S_IFDIR || path !== ''
  return {
    ...{ path, links, mode: type | bits, uid, gid, times, acls },
    ...(isDevice && { rdev: each.rdev }),
    ...(type === S_IFREG && { content: each.content }),
    ...(type === S_IFLNK && { content: `to ${each.content.replaceAll(/[\0\n]/g, '-')}` }),
    ...(each.hasAttribute && isPlain && { attributes: { 'user.note': each.content } }),
    ...(each.stored !== undefined && mayBePartial && (isPlain || each.stored.length === 0) && { stored: each.stored }),
  }
}

/** An access ACL of which a mode's permissions are a part, as a kernel keeps the two. */
const aclOf = (bits: number, uid: number): Buffer =>
  acl([
    [USER_OBJ, (bits >> 6) & 7],
    [USER, 5, uid],
    [GROUP_OBJ, 4],
    [GROUP, 6, 7],
    [MASK, (bits >> 3) & 7],
    [OTHER, bits & 7],
  ])
