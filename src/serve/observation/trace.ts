// What clients and server say to each other, one JSON object a message: for finding out what a guest really does.

import { writeSync } from 'node:fs'
import { printable, textOf } from '../../printable.js'
import type { SentReply, SessionObserver, TakenRequest } from '../../session/observer.js'
import { messageOfType } from '../../wire/codec.js'

/** Writes one line, without its end. */
export type WriteLine = (line: string) => void

/** Shows each message of a connection. File contents are shown as their length. */
export function traceTo(write: WriteLine, connection: number): SessionObserver {
  const say = (tag: number, message: string, rest: object): void =>
    write(JSON.stringify({ time: new Date().toISOString(), connection, message, tag, ...rest }, shown))
  const nameOf = ({ request, type }: TakenRequest): string => request ?? messageOfType(type) ?? `type ${type}`
  // A request that cannot be decoded is shown by its refusal alone: there is nothing of it to be shown.
  return {
    taken: () => undefined,
    decoded: (request, body) => say(request.tag, nameOf(request), body as object),
    answered: ({ message, body, elapsed, ...request }: SentReply) =>
      say(request.tag, message, { to: nameOf(request), ...(body as object), micros: Math.round(elapsed * 1000) }),
  }
}

/** A replacer for JSON.stringify, which calls it on the object that has the member. */
function shown(this: unknown, key: string, value: unknown): unknown {
  // Not `value`: a Buffer has been made an array of numbers by then.
  const member: unknown = Reflect.get(this as object, key)
  if (member instanceof Uint8Array) return { bytes: member.length }
  if (typeof value === 'bigint') return value <= Number.MAX_SAFE_INTEGER && value >= 0n ? Number(value) : `${value}`
  // Names and texts are bytes.
  if (typeof value === 'string') return textOf(value) ?? printable(value)
  return value
}

/**
 * Writes lines to stderr at once, so that none is lost when the process ends and a slow reader slows down whoever is
 * traced instead of filling memory.
 */
export function writeToStderr(line: string): void {
  const bytes = Buffer.from(`${line}\n`)
  for (let done = 0; done < bytes.length;) {
    try {
      done += writeSync(STDERR, bytes, done)
    } catch (cause) {
      // A pipe that is full and does not wait: somebody else made it so.
      if ((cause as NodeJS.ErrnoException).code !== 'EAGAIN') return
      Atomics.wait(pause, 0, 0, 1)
    }
  }
}

const STDERR = 2
const pause = new Int32Array(new SharedArrayBuffer(4))
