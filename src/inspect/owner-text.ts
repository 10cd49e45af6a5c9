// An owner on this host as chown(1) takes one: `USER`, `USER:`, `:GROUP` or `USER:GROUP`, each a name or a number.

import { UsageError } from '../errors.js'
import { NO_ID } from '../ids.js'
import { printable } from '../printable.js'
import { type ReadFile, readOfHost } from './naming.js'

export interface Owner {
  readonly uid: number
  readonly gid: number
}

/**
 * Reads the owner (bytes) that stands behind `flag`. What is left out is the fallback's, except that `USER:` has that
 * user's login group. As in chown, a name that is a number is a name first, and `+5` is never one.
 */
export function parseOwner(flag: string, text: string, fallback: Owner, read: ReadFile = readOfHost): Owner {
  const refuse = (why: string): never => {
    throw new UsageError(`Cannot use ${flag} ${printable(text)}: ${why}`)
  }
  const colon = text.indexOf(':')
  const [user, group] = colon === -1 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)]
  if (user === '' && (group ?? '') === '')
    return refuse('not USER:GROUP (write a user, a group behind a colon, or both)')

  const account = accountNamed(user, read(['etc', 'passwd']) ?? '')
  const uid = user === '' ? fallback.uid : (account?.id ?? numberOf(user))
  if (uid === undefined) return refuse(`this host's /etc/passwd has no user "${printable(user)}" (write a number)`)
  if (group === undefined) return { uid, gid: fallback.gid }
  if (group === '') {
    return {
      uid,
      gid: account?.loginGroup ?? refuse(`this host's /etc/passwd has no login group of it (write ${uid}:GROUP)`),
    }
  }
  const gid = accountNamed(group, read(['etc', 'group']) ?? '')?.id ?? numberOf(group)
  if (gid === undefined) return refuse(`this host's /etc/group has no group "${printable(group)}" (write a number)`)
  return { uid, gid }
}

interface Account {
  readonly id: number
  /** Of a user. */
  readonly loginGroup: number | undefined
}

/** What passwd(5) or group(5) say of a name: the first line that has it counts. */
function accountNamed(wanted: string, table: string): Account | undefined {
  if (wanted === '') return undefined
  for (const line of table.split('\n')) {
    const [name, , id = '', loginGroup = ''] = line.split(':')
    const number = numberOf(id)
    if (name === wanted && number !== undefined) return { id: number, loginGroup: numberOf(loginGroup) }
  }
  return undefined
}

function numberOf(text: string): number | undefined {
  const id = /^\+?\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  return id < NO_ID ? id : undefined
}
