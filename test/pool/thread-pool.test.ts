// The threads of a pool, which do one job after another. They run the built program.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JobSource } from '../../src/pool/job.js'
import { projectRoot } from '../support/guest/project.js'
import { openDescriptors } from '../support/host/descriptors.js'

const builtFile = (path: string): string => pathToFileURL(join(projectRoot, 'dist/src', `${path}.js`)).href
const { ThreadPool } = (await import(builtFile('pool/thread-pool'))) as typeof import('../../src/pool/thread-pool.js')

let directory: string
let descriptors: Record<string, string>
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'virtfs-pool-'))
  descriptors = openDescriptors()
})
afterEach(() => {
  expect(openDescriptors()).toEqual(descriptors)
  rmSync(directory, { recursive: true })
})

const counting = (options: object = {}): JobSource => ({
  module: new URL('./counting-job.mjs', import.meta.url).href,
  options,
})

const countThreads = (): number => readdirSync('/proc/self/task').length

it('starts a thread when it is asked for, and no other one', async () => {
  const before = countThreads()
  await using pool = new ThreadPool(3)
  expect([pool.count, pool.others, countThreads()]).toEqual([3, 2, before])
  const thread = pool.other(0)
  thread.begin(counting())
  await thread.work({})
  expect(pool.other(0)).toBe(thread)
  expect(countThreads()).toBe(before + 1)
})

describe('a thread', () => {
  it('answers pieces in the order in which it was given them, without being waited for', async () => {
    await using pool = new ThreadPool(2)
    const thread = pool.other(0)
    thread.begin(counting({ begin: 10 }))
    const answers = await Promise.all([1, 2, 3].map((add) => thread.work({ add })))
    expect(answers).toMatchObject([{ sum: 11 }, { sum: 13 }, { sum: 16 }])
  })

  it('ends a job before it begins another one, and when it is to rest', async () => {
    const log = join(directory, 'log')
    await using pool = new ThreadPool(2)
    const thread = pool.other(0)
    thread.begin(counting({ log }))
    const first = thread.work({ add: 1 })
    thread.begin(counting({ begin: 100, log }))
    const second = thread.work({ add: 2 })
    expect(await Promise.all([first, second])).toMatchObject([{ sum: 1 }, { sum: 102 }])
    expect(readFileSync(log, 'utf8')).toBe('1\n')
    pool.rest()
    thread.begin(counting())
    await thread.work({})
    expect(readFileSync(log, 'utf8')).toBe('1\n102\n')
  })

  it('moves what its job gives away', async () => {
    await using pool = new ThreadPool(2)
    const thread = pool.other(0)
    thread.begin(counting())
    expect(await thread.work({ deed: 'give' })).toEqual({ sum: 0, buffers: [new ArrayBuffer(8)] })
    expect(await thread.work({})).toEqual({ sum: 0, buffers: [] })
  })

  it('leaves no descriptor, whatever its job has left open', async () => {
    await using pool = new ThreadPool(2)
    const thread = pool.other(0)
    thread.begin(counting({ openTree: builtFile('sys/open') }))
    await thread.work({ deed: 'open' })
    const paths = Object.values(openDescriptors())
    expect(paths.filter((path) => path === `/proc/${process.pid}`)).toHaveLength(1)
  })
})

describe('a thread that', () => {
  const cases = [
    ['throws', counting(), { deed: 'throw' }, 'thrown on purpose'],
    ['ends', counting(), { deed: 'exit' }, 'A thread ended by itself, with code 3'],
    ['cannot begin its job', counting({ isRefused: true }), {}, 'refused on purpose'],
    [
      'cannot find its job',
      { module: new URL('./no-such-job.mjs', import.meta.url).href, options: {} },
      {},
      'no-such-job',
    ],
  ] as const
  it.each(cases)('%s fails what it was given then and later', async (_title, job, piece, message) => {
    await using pool = new ThreadPool(2)
    const thread = pool.other(0)
    thread.begin(job)
    const answers = [thread.work(piece), thread.work({ add: 1 })]
    for (const answer of answers) await expect(answer).rejects.toThrow(message)
    thread.begin(counting())
    await expect(thread.work({})).rejects.toThrow(message)
  })

  it('is still being started when the pool is left is waited for', async () => {
    await using pool = new ThreadPool(3)
    pool.other(1).begin(counting())
  })
})
