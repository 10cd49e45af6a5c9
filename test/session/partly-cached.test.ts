// Reading a file of which the host has a part in memory: what waits for the disk must not come out short, since a
// client takes a short read for the end of the file.

import { expect, it } from 'vitest'
import { writePartlyCached } from '../support/evict.js'
import { Exchange } from '../support/exchange.js'
import type { ViewedTree } from '../support/viewed-tree.js'

const pages = Array.from({ length: 64 }, (_, index) => Buffer.alloc(4096, index))

it.each([0, 1, 32, 63])(
  'a read that begins in memory and goes on on the disk is whole, %i of 64 pages cached',
  async (cached) => {
    const furnish = (tree: ViewedTree): void => writePartlyCached(tree.at('file'), pages, cached)
    using exchange = await Exchange.attached({ msize: 1 << 20, furnish })
    await exchange.walk('file', 1)
    await exchange.call('Tlopen', { fid: 1, flags: 0 })
    const { data } = await exchange.call('Tread', { fid: 1, offset: 0, count: 1 << 19 })
    expect(Buffer.concat(pages).equals(data)).toBe(true)
  },
)
