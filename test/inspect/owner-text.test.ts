// Owners as chown(1) takes them: what is read here is what chown makes of the same text.

import { execFileSync } from 'node:child_process'
import { statSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseOwner } from '../../src/inspect/owner-text.js'
import { isRoot } from '../support/host/nobody.js'
import { HostTree } from '../support/host/tree.js'

const fallback = { uid: 1000, gid: 1001 }
const tables: Readonly<Record<string, string>> = {
  passwd:
    'root:x:0:0::/root:/bin/sh\nalice:x:1234:1235:Alice:/home/alice:/bin/sh\n77:x:88:99::/:/bin/sh\nalice:x:1:1\nbad:x:y:0\n',
  group: 'root:x:0:\nstaff:x:50:alice\n\xe9quipe:x:51:\n',
}
const parse = (text: string) => parseOwner('--owner', text, fallback, ([, file = '']) => tables[file])

describe('an owner', () => {
  it.each([
    ['alice', { uid: 1234, gid: 1001 }],
    ['alice:', { uid: 1234, gid: 1235 }],
    [':staff', { uid: 1000, gid: 50 }],
    [':\xe9quipe', { uid: 1000, gid: 51 }],
    ['alice:staff', { uid: 1234, gid: 50 }],
    ['5', { uid: 5, gid: 1001 }],
    ['5:6', { uid: 5, gid: 6 }],
    [':6', { uid: 1000, gid: 6 }],
    ['alice:6', { uid: 1234, gid: 6 }],
    ['4294967294:0', { uid: 4_294_967_294, gid: 0 }],
  ])('%j is read', (text, owner) => {
    expect(parse(text)).toEqual(owner)
  })

  it('whose name is a number is meant by that number, unless it has a plus', () => {
    expect([parse('77'), parse('77:'), parse('+77')]).toEqual([
      { uid: 88, gid: 1001 },
      { uid: 88, gid: 99 },
      { uid: 77, gid: 1001 },
    ])
  })

  it.each([
    ['', 'not USER:GROUP (write a user, a group behind a colon, or both)'],
    [':', 'not USER:GROUP (write a user, a group behind a colon, or both)'],
    ['bob', 'this host\'s /etc/passwd has no user "bob" (write a number)'],
    ['bad', 'this host\'s /etc/passwd has no user "bad" (write a number)'],
    ['alice:bobs', 'this host\'s /etc/group has no group "bobs" (write a number)'],
    ['alice:staff:x', 'this host\'s /etc/group has no group "staff:x" (write a number)'],
    ['alice.staff', 'this host\'s /etc/passwd has no user "alice.staff" (write a number)'],
    ['5:', "this host's /etc/passwd has no login group of it (write 5:GROUP)"],
    ['-1', 'this host\'s /etc/passwd has no user "-1" (write a number)'],
    ['4294967295', 'this host\'s /etc/passwd has no user "4294967295" (write a number)'],
    ['\xff', 'this host\'s /etc/passwd has no user "\\xff" (write a number)'],
  ])('%j is refused in words', (text, why) => {
    expect(() => parse(text)).toThrow(`: ${why}`)
  })

  it.runIf(isRoot).each(['nobody', 'nobody:', ':daemon', 'daemon:root', '12', '12:13', '+12:+13', ':13'])(
    '%s is whom chown means by it',
    (text) => {
      using tree = new HostTree()
      writeFileSync(tree.at('file'), '')
      execFileSync('chown', [`${fallback.uid}:${fallback.gid}`, tree.at('file')])
      execFileSync('chown', [text, tree.at('file')])
      expect(parseOwner('--owner', text, fallback)).toMatchObject({
        uid: statSync(tree.at('file')).uid,
        gid: statSync(tree.at('file')).gid,
      })
    },
  )
})
