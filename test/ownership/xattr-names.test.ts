// The guest's attribute names on the host: every row of the table, for every model.

import { describe, expect, it } from 'vitest'
import { securityModels, type SecurityModel } from '../../src/ownership/security-models.js'
import { openModel } from '../../src/ownership/models.js'

const MAPPED_ACCESS = 'user.virtfs.system.posix_acl_access'

/** The host's name, or how the guest is refused. */
const rows: [guestName: string, hosts: Record<SecurityModel, string>][] = [
  ['user.virtfs.uid', { 'mapped-xattr': 'hidden', 'mapped-file': 'same', passthrough: 'same', none: 'same' }],
  ['user.virtfs.', { 'mapped-xattr': 'hidden', 'mapped-file': 'same', passthrough: 'same', none: 'same' }],
  [MAPPED_ACCESS, { 'mapped-xattr': 'hidden', 'mapped-file': 'same', passthrough: 'same', none: 'same' }],
  ['user.virtfs', { 'mapped-xattr': 'same', 'mapped-file': 'same', passthrough: 'same', none: 'same' }],
  ['user.other', { 'mapped-xattr': 'same', 'mapped-file': 'same', passthrough: 'same', none: 'same' }],
  ['user.', { 'mapped-xattr': 'same', 'mapped-file': 'same', passthrough: 'same', none: 'same' }],
  [
    'user',
    { 'mapped-xattr': 'unsupported', 'mapped-file': 'unsupported', passthrough: 'unsupported', none: 'unsupported' },
  ],
  [
    'system.posix_acl_access',
    { 'mapped-xattr': MAPPED_ACCESS, 'mapped-file': 'same', passthrough: 'same', none: 'unsupported' },
  ],
  [
    'system.posix_acl_default',
    {
      'mapped-xattr': 'user.virtfs.system.posix_acl_default',
      'mapped-file': 'same',
      passthrough: 'same',
      none: 'unsupported',
    },
  ],
  ...[
    'system.posix_acl_accessX',
    'system.posix_acl',
    'system.nfs4_acl',
    'trusted.overlay.opaque',
    'security.capability',
    'security.selinux',
    'USER.other',
    'plain',
    '',
  ].map((name): [string, Record<SecurityModel, string>] => [
    name,
    { 'mapped-xattr': 'unsupported', 'mapped-file': 'unsupported', passthrough: 'unsupported', none: 'unsupported' },
  ]),
]

describe.each(securityModels)('%s', (model) => {
  const names = openModel(model).xattrs

  it.each(rows.map(([name, hosts]) => [name, hosts[model]] as const))('keeps %j: %s', (guestName, host) => {
    const expected = host === 'same' ? { host: guestName } : host.includes('.') ? { host } : host
    expect(names.toHost(guestName)).toEqual(expected)
  })

  it('lists every name that it keeps as the guest knows it', () => {
    for (const [guestName] of rows) {
      const kept = names.toHost(guestName)
      if (typeof kept === 'object') expect(names.toGuest(kept.host)).toBe(guestName)
    }
  })

  it('lists no name that the guest could not ask for', () => {
    const hosts = [
      ...rows.map(([name]) => name),
      'user.virtfs.gid',
      'user.virtfs.system.posix_acl_accessX',
      'user.virtfs.system.posix_acl_',
      'security.evm',
    ]
    for (const host of hosts) {
      const listed = names.toGuest(host)
      if (listed !== undefined) expect(names.toHost(listed)).toEqual({ host })
    }
  })
})
