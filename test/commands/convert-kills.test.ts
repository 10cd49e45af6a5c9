// `virtfs convert` is killed at random times, again and again, on 20,000 entries. Run once more it ends as if nothing had
// happened.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { manyObjects } from '../support/conversion/many-objects.js'
import { differences, type Portrait, withoutAccess } from '../support/conversion/portrait.js'
import { directionOf, SampleConversion } from '../support/conversion/sample-conversion.js'
import { isRoot } from '../support/host/nobody.js'
import { seed } from '../support/seed.js'
import { environment, PROGRAM, virtfs } from './run.js'

const ENTRIES = 20_000
const KILLS = 50
/** Of one conversion, before it is left alone. */
const KILLS_IN_A_ROW = 5

const ways = [
  ['--to', 'passthrough', '--allow-setid', '--allow-devices'],
  ['--to', 'mapped-xattr', '--owner', '500:501'],
] as const

describe.runIf(isRoot)('virtfs convert', () => {
  it(`killed ${KILLS} times amid ${ENTRIES} entries loses nothing`, async () => {
    using sample = new SampleConversion(directionOf('mapped-xattr to passthrough'))
    sample.begin(manyObjects(ENTRIES))
    const command = (way: readonly string[]): string[] => ['convert', sample.tree, '--yes', ...way]
    // What ACLs say otherwise than modes is lost once.
    for (const way of ways) virtfs(command(way))
    const undisturbed = ways.map((way) => {
      const begun = Date.now()
      expect(virtfs(command(way))).toMatchObject({ exitCode: 0 })
      return { looks: looksOf(sample), milliseconds: Date.now() - begun }
    })
    const moments = fc.sample(fc.double({ min: 0, max: 1, noNaN: true }), { seed, numRuns: 4 * KILLS })
    let kills = 0
    for (let turn = 0; kills < KILLS; turn += 1) {
      const way = command(ways[turn % ways.length]!)
      const { looks, milliseconds } = undisturbed[turn % ways.length]!
      let isKilled = true
      for (let n = 0; isKilled && n < KILLS_IN_A_ROW; n += 1) {
        isKilled = await killed(way, (moments.pop() ?? 0) * milliseconds, () => n % 2 === 0 || sample.isMarked)
        if (isKilled) kills += 1
      }
      if (isKilled) expect(virtfs(way)).toMatchObject({ exitCode: 0 })
      expect(differences(looks, looksOf(sample)).slice(0, 5)).toEqual([])
    }
  }, 600_000)
})

/** To look is to access. */
const looksOf = (sample: SampleConversion): Portrait => withoutAccess(sample.look())

/** Runs the program and kills it so long after `isToBegin`; false where it had come to its end. */
async function killed(args: readonly string[], after: number, isToBegin: () => boolean): Promise<boolean> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { env: environment(), stdio: 'ignore' })
  const ended = once(child, 'exit') as Promise<[code: number | null, signal: string | null]>
  while (isRunning(child) && !isToBegin()) await sleep(POLL)
  await Promise.race([sleep(after), ended])
  child.kill('SIGKILL')
  const [, signal] = await ended
  return signal === 'SIGKILL'
}

const POLL = 5
const isRunning = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode === null && signalCode === null
