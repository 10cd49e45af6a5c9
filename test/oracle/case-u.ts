// What hand-written sequences of 9P2000.u are written with, besides what serves both dialects.

import type { Body } from '../../src/wire/messages.js'
import { NO_CHANGE, readStatRecords, type StatChange, type StatRecord } from '../../src/wire/stat.js'
import { bytes, type Case, name } from './case.js'
import { sentOf } from './messages.js'
import type { Answers, Pair } from './pair.js'

/** A case for sessions of 9P2000.u. */
export const caseOfU = (one: Omit<Case, 'dialects'>): Case => ({ ...one, dialects: ['9P2000.u'] })

/** The body of a Twstat that changes what is given. */
export const wstat = (fid: number, changed: Partial<StatChange>): Body<'Twstat'> => ({
  fid,
  stat: { ...NO_CHANGE, ...changed },
})

/** The record that both give. */
export async function record(pair: Pair, fid: number): Promise<StatRecord> {
  return (await pair.call('Tstat', { fid })).stat
}

/** Walks to an object and gives its record; the fid goes again. */
export async function recordOfPath(pair: Pair, path: string): Promise<StatRecord> {
  const fid = await pair.walk(path, 90)
  const found = await record(pair, fid)
  await pair.call('Tclunk', { fid })
  return found
}

export interface Making {
  readonly perm?: number
  readonly mode?: number
  readonly extension?: string
}

/** The body of a Tcreate: of a file that is opened for reading and writing, unless more is said. */
export const creating = (fid: number, text: string, { perm = 0o644, mode = 2, extension = '' }: Making = {}) =>
  ({ fid, name: name(text), perm: perm >>> 0, mode, extension }) as const satisfies Body<'Tcreate'>

/** Makes something in the root through a fid of its own, which stands for it then. */
export async function make(pair: Pair, text: string, fid: number, making: Making = {}): Promise<Body<'Rcreate'>> {
  await pair.walk('', fid)
  return pair.call('Tcreate', creating(fid, text, making))
}

/** The same as a request of which the replies are to be looked at. */
export async function tryToMake(pair: Pair, text: string, fid: number, making: Making): Promise<Answers> {
  await pair.walk('', fid)
  return pair.send('Tcreate', creating(fid, text, making))
}

/** Changes an object through a fid of its own; both must do it. */
export async function changePath(pair: Pair, path: string, changed: Partial<StatChange>): Promise<void> {
  const fid = await pair.walk(path, 91)
  await pair.call('Twstat', wstat(fid, changed))
  await pair.call('Tclunk', { fid })
}

/** Has both refuse a change; gives the errno's name. */
export async function refusedChange(pair: Pair, path: string, changed: Partial<StatChange>): Promise<string> {
  const fid = await pair.walk(path, 92)
  const refusal = await pair.refusalOf(sentOf('Twstat', wstat(fid, changed)))
  await pair.call('Tclunk', { fid })
  return refusal
}

/** Walks to a path and opens it as 9P2000.u does. */
export async function openByte(pair: Pair, path: string, fid: number, mode = 2): Promise<number> {
  await pair.walk(path, fid)
  await pair.call('Topen', { fid, mode })
  return fid
}

/** The records that the first reply brings when an open directory is read from the start. */
export async function firstRecords(pair: Pair, fid: number, count = 8000): Promise<StatRecord[]> {
  const { data } = await pair.call('Tread', { fid, offset: 0, count })
  return readStatRecords(data)
}

export const write = (pair: Pair, fid: number, text: string, offset = 0): Promise<Body<'Rwrite'>> =>
  pair.call('Twrite', { fid, offset, data: bytes(text) })
