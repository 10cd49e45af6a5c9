// CVE-2017-15038: an attribute's size was asked for first and its value read later, so that one that grew or shrank in
// between gave the guest memory that was never written. Here it changes in every window between two system calls.

import { describe, expect, it } from 'vitest'
import { Fd } from '../../src/sys/fd.js'
import { injectFaults } from '../../src/sys/call.js'
import { setxattr } from '../../src/sys/xattr.js'
import { closeSync, constants, openSync } from 'node:fs'
import { racedModels } from '../support/race.js'
import { ViewedTree } from '../support/viewed-tree.js'

const SHORT = 'short'
const LONG = 'long '.repeat(400)

/** Sets the attribute as somebody else, while the injector that called looks away. */
function change(path: string, value: string): void {
  const number = openSync(path, constants.O_RDONLY)
  try {
    const borrowed = new Fd(number)
    setxattr(borrowed, 'user.note', Buffer.from(value))
    borrowed.release()
  } finally {
    closeSync(number)
  }
}

describe.each(racedModels)('%s', (model) => {
  it.each([
    ['grows', SHORT, LONG],
    ['shrinks', LONG, SHORT],
  ])('an attribute that %s is read as it was or as it is', (_how, before, after) => {
    for (let n = 1, calls = n; calls >= n; n += 1) {
      using tree = new ViewedTree(model)
      tree.write('file')
      tree.setxattr('file', 'user.note', before)
      calls = 0
      let isChanging = false
      injectFaults(() => {
        if (isChanging || ++calls !== n) return 0
        isChanging = true
        change(`${tree.path}/file`, after)
        isChanging = false
        return 0
      })
      let value: string
      try {
        value = tree.getxattr('file', 'user.note')
      } finally {
        injectFaults(undefined)
      }
      expect([before, after]).toContain(value)
    }
  })
})
