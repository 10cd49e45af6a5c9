// Portions and who works on them: the calling thread, and others that answer, are slow, or end.

import { expect, it } from 'vitest'
import { workOff } from '../../src/convert/crew.js'
import type { Portion, PortionOutcome } from '../../src/convert/portion.js'
import type { ConversionSettings } from '../../src/convert/settings.js'
import { LinuxDirectory } from '../../src/host/linux-host.js'
import type { Name } from '../../src/name.js'
import type { ThreadPool } from '../../src/pool/thread-pool.js'
import { ownCredentials } from '../../src/sys/credentials.js'
import { openTree } from '../../src/sys/open.js'
import { HostTree } from '../support/host/tree.js'

const BODIES = { uid: undefined, gid: undefined, fmode: undefined, dmode: undefined }
const settings: ConversionSettings = {
  ...{ from: 'mapped-xattr', to: 'passthrough', isCopy: false, ids: { uids: [], gids: [] }, isBack: false },
  ...{ bodies: BODIES, looks: BODIES, exceptions: [], symlinks: [], left: undefined, isLogged: false },
  ...{ gate: { allowsSetid: false, allowsDevices: false }, credentials: ownCredentials() },
  ...{ rules: { include: [], exclude: [] }, dev: undefined, isResumed: false },
}

/** In a directory that is not there: so the calling thread names it among what failed. */
const portion = (number: number): Portion => [
  { shared: 0, down: [`${number}` as Name], names: 'name/', dev: 0, ino: 0n, destination: undefined },
]
const numberOf = ([run]: Portion): number => Number(run!.down[0])

interface Crew {
  readonly portions: number
  readonly others: number
  /** What another thread does with a portion. */
  readonly other: (number: number) => Promise<void>
  /** How many outcomes are enough. */
  readonly enough?: number
}

interface Worked {
  readonly here: string[]
  readonly elsewhere: number[]
  readonly begun: Set<number>
  isAtRest: boolean
}

/** Has portions worked on by a crew that is partly pretended. */
async function work({ portions, others, other, enough = Infinity }: Crew, worked: Worked): Promise<void> {
  const nothing: PortionOutcome = { done: 1, changed: 0, changes: {}, failed: [], logged: [], fatal: undefined }
  const thread = (index: number): object => ({
    begin: () => worked.begun.add(index),
    work: async (given: Portion) => {
      worked.elsewhere.push(numberOf(given))
      await other(numberOf(given))
      return nothing
    },
  })
  const pool = { others, other: thread, rest: () => (worked.isAtRest = true) } as unknown as ThreadPool
  using tree = new HostTree()
  using root = new LinuxDirectory(openTree(tree.path))
  using staging = openTree(tree.path)
  let told = 0
  const hear = ({ failed }: PortionOutcome): boolean => {
    worked.here.push(...failed.map(({ path }) => path))
    return ++told < enough
  }
  const all = Array.from({ length: portions }, (_, number) => portion(number))
  await workOff('convert', all, { root, staging, settings, pool }, hear)
}

const nobody = (): Worked => ({ here: [], elsewhere: [], begun: new Set(), isAtRest: false })

it('every portion is worked on once, whoever does it', async () => {
  const worked = nobody()
  await work({ portions: 40, others: 3, other: () => new Promise((resolve) => setImmediate(resolve)) }, worked)
  const all = [...worked.here.map(Number), ...worked.elsewhere]
  expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, number) => number))
  expect(worked.here.length).toBeGreaterThan(2)
  expect(worked).toMatchObject({ begun: new Set([0, 1, 2]), isAtRest: true })
})

it('no thread is asked for where there is nothing for it', async () => {
  const few = nobody()
  await work({ portions: 2, others: 3, other: () => Promise.resolve() }, few)
  expect(few).toMatchObject({ elsewhere: [], begun: new Set(), isAtRest: false })
  const some = nobody()
  await work({ portions: 4, others: 3, other: () => Promise.resolve() }, some)
  expect(some).toMatchObject({ elsewhere: [2, 3], begun: new Set([0]), isAtRest: true })
})

it('a thread that ends ends the work; nobody begins anything afterwards, and it is told why', async () => {
  const worked = nobody()
  const ended = work({ portions: 1000, others: 2, other: () => Promise.reject(new RangeError('ended')) }, worked)
  await expect(ended).rejects.toThrow(new RangeError('ended'))
  const before = worked.here.length + worked.elsewhere.length
  expect(before).toBeLessThan(20)
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(worked.here.length + worked.elsewhere.length).toBe(before)
  expect(worked.isAtRest).toBe(true)
})

it('when it is enough, what was begun is finished, and no more is begun', async () => {
  const worked = nobody()
  await work({ portions: 1000, others: 2, other: () => Promise.resolve(), enough: 5 }, worked)
  expect(worked.here.length + worked.elsewhere.length).toBeLessThanOrEqual(5 + 2 * 2 + 1)
  expect(worked.isAtRest).toBe(true)
})
