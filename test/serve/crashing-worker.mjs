// A connection's thread that its client can make go wrong: by making a directory it crashes, by making a link it goes on
// for ever, by making a node it takes all the memory that there is for it.

import { setImmediate } from 'node:timers'
import { injectFaults } from '../../dist/src/sys/call.js'
import '../../dist/src/serve/threads/worker.js'

const hoard = []

const mishaps = {
  mkdirat: () => {
    setImmediate(() => {
      throw new Error('crashed on purpose')
    })
  },
  linkat: () => {
    for (;;);
  },
  mknodat: () => {
    for (;;) hoard.push(new Array(1000).fill({}).map((_, index) => ({ index })))
  },
}

injectFaults((call) => {
  mishaps[call]?.()
  return 0
})
