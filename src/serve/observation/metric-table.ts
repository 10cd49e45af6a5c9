// What is counted of one connection, as numbers in memory that two threads share: the connection's thread adds, the main
// thread reads. Each number has one writer, and is read and written whole.

import type { SentReply, SessionObserver, TakenRequest } from '../../session/observer.js'
import type { Body, Request } from '../../wire/messages.js'
import { messages } from '../../wire/messages.js'

/** What a request is called that is none. */
export const UNKNOWN = 'unknown'

/** The kinds of request that are told apart. */
export const requestNames: readonly (Request | typeof UNKNOWN)[] = [
  ...Object.keys(messages).filter((name): name is Request => name.startsWith('T')),
  UNKNOWN,
]

/** Upper ends of the classes of latency, in seconds. */
export const latencyBounds: readonly number[] = [
  ...[0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005],
  ...[0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
]

/** Errnos from here on are counted as this one: Linux has none so great. */
const ERRNO_MOST = 255

/** Numbers that only grow, besides those that are told apart by request. */
export const totalNames = ['receivedBytes', 'sentBytes', 'readBytes', 'writtenBytes'] as const
export type TotalName = (typeof totalNames)[number]

/** Numbers that are what they are now. */
export const gaugeNames = ['fids', 'requestsUnderWay', 'descriptors'] as const
export type GaugeName = (typeof gaugeNames)[number]
export type Gauges = Readonly<Record<GaugeName, number>>

const CLASSES = latencyBounds.length + 1
const LATENCIES = requestNames.length * (ERRNO_MOST + 1)
const SECONDS = LATENCIES + requestNames.length * CLASSES
const TOTALS = SECONDS + requestNames.length
const GAUGES = TOTALS + totalNames.length
const LENGTH = GAUGES + gaugeNames.length

const indices = new Map(requestNames.map((name, index) => [name, index]))
const indexOf = (request: Request | undefined): number => indices.get(request ?? UNKNOWN)!

export class MetricTable {
  private readonly numbers: Float64Array

  /** `shared` is another thread's view of the same numbers. */
  constructor(readonly shared = new SharedArrayBuffer(LENGTH * 8)) {
    this.numbers = new Float64Array(shared)
  }

  /** How many replies of that kind were sent: errno 0 for what was done. */
  replies(request: number, errno: number): number {
    return this.numbers[request * (ERRNO_MOST + 1) + errno]!
  }

  get errnos(): number {
    return ERRNO_MOST + 1
  }

  /** How many replies took no longer than each bound and longer than the one before; the last: longer than all. */
  latencies(request: number): readonly number[] {
    const start = LATENCIES + request * CLASSES
    return Array.from(this.numbers.subarray(start, start + CLASSES))
  }

  /** How long all replies of that kind took together. */
  seconds(request: number): number {
    return this.numbers[SECONDS + request]!
  }

  total(name: TotalName): number {
    return this.numbers[TOTALS + totalNames.indexOf(name)]!
  }

  gauge(name: GaugeName): number {
    return this.numbers[GAUGES + gaugeNames.indexOf(name)]!
  }

  /** Adds what another table has; `isOver` leaves out what counts only while its connection is there. */
  add(other: MetricTable, isOver: boolean): void {
    const length = isOver ? GAUGES : LENGTH
    for (let index = 0; index < length; index += 1) this.numbers[index]! += other.numbers[index]!
  }

  /** Counts what a session does. `gauges` is asked after each reply. */
  observer(gauges: () => Gauges): SessionObserver {
    const { numbers } = this
    const add = (name: TotalName, bytes: number): void => {
      numbers[TOTALS + totalNames.indexOf(name)]! += bytes
    }
    return {
      taken: ({ size }: TakenRequest) => add('receivedBytes', size),
      decoded: () => undefined,
      answered: ({ request, message, body, errno, elapsed, replySize }: SentReply) => {
        const index = indexOf(request)
        const seconds = elapsed / 1000
        numbers[index * (ERRNO_MOST + 1) + Math.min(errno, ERRNO_MOST)]! += 1
        numbers[LATENCIES + index * CLASSES + classOf(seconds)]! += 1
        numbers[SECONDS + index]! += seconds
        add('sentBytes', replySize)
        if (message === 'Rread') add('readBytes', (body as Body<'Rread'>).data.length)
        else if (message === 'Rwrite') add('writtenBytes', (body as Body<'Rwrite'>).count)
        const now = gauges()
        gaugeNames.forEach((name, position) => (numbers[GAUGES + position] = now[name]))
      },
    }
  }
}

function classOf(seconds: number): number {
  const found = latencyBounds.findIndex((bound) => seconds <= bound)
  return found === -1 ? latencyBounds.length : found
}
