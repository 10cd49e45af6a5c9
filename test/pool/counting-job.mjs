// A job that adds what it is given to a sum, answers that, and does what else it is told to.

import { appendFileSync } from 'node:fs'

export async function createJob({ begin = 0, log, openTree, isRefused = false }) {
  if (isRefused) throw new RangeError('refused on purpose')
  const open = openTree === undefined ? undefined : (await import(openTree)).openTree
  let sum = begin
  let buffers = []
  const deeds = {
    throw: () => {
      throw new RangeError('thrown on purpose')
    },
    exit: () => process.exit(3),
    open: () => open('/proc/self'),
    give: () => (buffers = [new ArrayBuffer(8)]),
  }
  return {
    work({ add = 0, deed }) {
      buffers = []
      sum += add
      deeds[deed]?.()
      return { sum, buffers }
    },
    takeTransfer: () => buffers,
    [Symbol.dispose]: () => log && appendFileSync(log, `${sum}\n`),
  }
}
