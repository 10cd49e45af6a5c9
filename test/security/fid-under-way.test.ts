// CVE-2018-19364, CVE-2018-19489, CVE-2021-20181, CVE-2026-93834: what a fid stood for changed, or was freed, while
// another request was using it. Here a read and a sync are under way for as long as the test likes.

import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Name, WalkName } from '../../src/name.js'
import { Exchange } from '../support/exchange.js'
import { type HeldPool, holdPool, nothingIsCached, settle } from '../support/pool.js'

let pool: HeldPool
let cache: Disposable
beforeEach(() => {
  cache = nothingIsCached()
  pool = holdPool()
})
afterEach(async () => {
  await pool.release()
  cache[Symbol.dispose]()
})

const rest = { mode: 0o644, gid: 0 as never }

async function start(): Promise<Exchange> {
  const exchange = await Exchange.attached({
    furnish: (tree) => {
      tree.mkdir('directory')
      tree.write('file', 'content')
      tree.write('other', 'another')
    },
  })
  await exchange.walk('file', 1)
  await exchange.call('Tlopen', { fid: 1, flags: 2 })
  exchange.send('Tread', { fid: 1, offset: 0, count: 100 }, 900)
  exchange.send('Tfsync', { fid: 1, datasync: 0 }, 901)
  return exchange
}

/** Everything that may happen to the fid or its file meanwhile. */
const disturbances: Record<string, (exchange: Exchange) => Promise<unknown>> = {
  'its file is renamed': (exchange) =>
    exchange.call('Trenameat', { olddirfid: 0, oldname: 'file' as Name, newdirfid: 0, newname: 'new' as Name }),
  'another file is renamed over its own': (exchange) =>
    exchange.call('Trenameat', { olddirfid: 0, oldname: 'other' as Name, newdirfid: 0, newname: 'file' as Name }),
  'its file is removed': (exchange) => exchange.call('Tunlinkat', { dirfid: 0, name: 'file' as Name, flags: 0 }),
  'it is clunked': (exchange) => exchange.call('Tclunk', { fid: 1 }),
  'it removes its file': (exchange) => exchange.call('Tremove', { fid: 1 }),
  'its number comes to mean another file': async (exchange) => {
    await exchange.call('Tclunk', { fid: 1 })
    await exchange.walk('other', 1)
    await exchange.call('Tlopen', { fid: 1, flags: 2 })
  },
  'its number comes to mean a new file': async (exchange) => {
    await exchange.call('Tclunk', { fid: 1 })
    await exchange.walk('directory', 1)
    await exchange.call('Tlcreate', { fid: 1, name: 'new' as Name, flags: 2, ...rest })
    await exchange.call('Twrite', { fid: 1, offset: 0, data: Buffer.from('new') })
  },
  'it is walked from': (exchange) => exchange.call('Twalk', { fid: 1, newfid: 2, wnames: ['..'] as WalkName[] }),
}

it.each(Object.entries(disturbances))(
  'a request on a fid is answered for what the fid was, though %s',
  async (_, disturb) => {
    using exchange = await start()
    await disturb(exchange)
    const replies = Promise.all([exchange.replyTo(900), exchange.replyTo(901)])
    await pool.release()
    const [read, synced] = await replies
    expect(read).toMatchObject({ message: 'Rread', body: { data: Buffer.from('content') } })
    expect(synced).toMatchObject({ message: 'Rfsync' })
    await settle()
    await exchange.call('Tversion', { msize: 8192, version: '9P2000.L' })
    // The tree's own root, and the session's.
    expect(exchange.tree.budget.inUse).toBe(2)
    expect(exchange.session.view.inodesInUse).toBe(1)
  },
)
