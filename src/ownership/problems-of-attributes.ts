// What is wrong with `user.virtfs.*` attributes and ACLs as bytes (mapped-xattr).

import { OWNERSHIP_KEYS } from './ownership.js'
import type { Evidence, Problem } from './problems.js'
import { CONVERT_ATTRIBUTE } from './unfinished.js'
import { ATTRIBUTE_OF, MACOS_WIDTH, OWN_PREFIX, WIDTH } from './xattr-codec.js'

const ACL_PREFIX = `${OWN_PREFIX}system.posix_acl_`
const KNOWN: ReadonlySet<string> = new Set([
  ...Object.values(ATTRIBUTE_OF),
  `${ACL_PREFIX}access`,
  `${ACL_PREFIX}default`,
  // Marks a root, and is told of the tree.
  CONVERT_ATTRIBUTE,
])

export const UNREADABLE: Problem = {
  code: 'attributes-unreadable',
  sentence: 'does not let its attributes be read; the host shows through',
}

export function attributeProblems({ attributes }: Evidence): Problem[] {
  if (attributes === 'unreadable') return [UNREADABLE]
  return [...widthProblems(attributes), ...[...attributes.keys()].flatMap(nameProblems)]
}

function widthProblems(attributes: ReadonlyMap<string, Uint8Array>): Problem[] {
  return OWNERSHIP_KEYS.flatMap((key): Problem[] => {
    const length = attributes.get(ATTRIBUTE_OF[key])?.length
    if (length === undefined || length === WIDTH[key]) return []
    const what = `${ATTRIBUTE_OF[key]} is ${length} bytes wide instead of ${WIDTH[key]}`
    return length === MACOS_WIDTH[key]
      ? [{ code: 'macos-width', sentence: `${what}, as macOS hosts write it; QEMU on Linux misreads it` }]
      : [{ code: 'wrong-width', sentence: `${what}; it is taken as absent` }]
  })
}

function nameProblems(name: string): Problem[] {
  if (name.startsWith('system.posix_acl_')) {
    return [
      { code: 'real-acl', sentence: `${name} is the host's own ACL: the guest does not see it, the host acts on it` },
    ]
  }
  if (KNOWN.has(name) || !name.startsWith(OWN_PREFIX)) return []
  return name.startsWith(ACL_PREFIX)
    ? [{ code: 'unknown-acl', sentence: `${name} is neither an access nor a default ACL; the guest cannot read it` }]
    : [{ code: 'unknown-attribute', sentence: `${name} has no meaning` }]
}
