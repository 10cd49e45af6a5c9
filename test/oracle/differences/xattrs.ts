// Extended attributes.

import type { Difference, Exchanged } from '../difference.js'
import { isRefusal } from '../messages.js'
import { never, sentAs } from './conditions.js'

const ACLS = ['system.posix_acl_access', 'system.posix_acl_default']

/** True for a name that begins like an ACL's and goes on. */
const beginsLikeAcl = (name: string): boolean => ACLS.some((acl) => name.startsWith(acl) && name !== acl)

/** The name that a draft was announced with. */
const draftName = (exchanged: Exchanged): string => {
  const sent = sentAs(exchanged, 'Tclunk')
  return (sent && exchanged.scene.fids.get(sent.body.fid)?.attribute) ?? ''
}

export const ofXattrs: readonly Difference[] = [
  {
    title: 'Tread of an attribute that is being written gives what was written so far',
    because: '§3.13, and docs/protocol.md',
    explains: ({ fact, qemu, ours }, exchanged) => {
      const sent = sentAs(exchanged, 'Tread')
      const role = sent && exchanged.scene.fids.get(sent.body.fid)?.role
      return fact === 'outcome' && qemu === 'Rread' && ours === 'EINVAL' && role === 'draft'
    },
    diverges: never,
  },
  {
    title: 'the names of ACLs are compared by their beginning',
    because: '§8 row 21',
    models: ['mapped-xattr'],
    explains: ({ fact, ours }, exchanged) => {
      const name = sentAs(exchanged, 'Txattrwalk')?.body.name ?? draftName(exchanged)
      return fact === 'outcome' && ours === 'EOPNOTSUPP' && beginsLikeAcl(name)
    },
    diverges: ({ qemu }) => !isRefusal(qemu),
  },
  {
    title: 'everything that is stored as if it were an ACL is listed',
    because: '§8 row 21',
    models: ['mapped-xattr'],
    explains: ({ fact, qemu, ours }, exchanged) =>
      fact === 'size' && sentAs(exchanged, 'Txattrwalk')?.body.name === '' && Number(qemu) > Number(ours),
    diverges: never,
  },
]
