// QEMU and our session side by side: every message goes to both, and what they answer and leave on the disk is compared.

import type { SecurityModel } from '../../src/ownership/security-models.js'
import { guestUid } from '../../src/ids.js'
import { NOFID, NOTAG } from '../../src/wire/constants.js'
import type { Body, ReplyTo, Request } from '../../src/wire/messages.js'
import { differences as treeDifferences } from '../kernel/differences.js'
import { DeviceBroken, ProcessEnded } from '../support/qtest/qemu-peer.js'
import type { Clock } from './clock.js'
import type { Difference, Exchanged } from './difference.js'
import {
  type Disagreement,
  disagreements,
  type Facts,
  factsOf,
  listingFacts,
  recordListingFacts,
  type Witness,
} from './facts.js'
import { FidBook, type Trees } from './fid-book.js'
import { type Ask, listEntries, listRecords } from './listing.js'
import {
  decodeReply,
  type Dialect,
  encodeRequest,
  isSuccess,
  outcomeOf,
  type Reply,
  type Sent,
  shown,
  sentOf,
} from './messages.js'
import { type Peer, StreamEnded } from './peer.js'
import { sceneOf } from './scene.js'

/** What both sides answered. */
export interface Answers {
  readonly qemu: Reply
  readonly ours: Reply
  /** The dialect of the session. */
  readonly dialect: Dialect
}

export interface PairOptions {
  readonly model: SecurityModel
  readonly dialect: Dialect
  readonly isReadOnly: boolean
  readonly isUnprivileged: boolean
  readonly peers: { readonly qemu: Peer; readonly ours: Peer }
  readonly trees: Trees
  readonly clock: Clock
  /** All that the two may differ in. */
  readonly allowed: readonly Difference[]
  /** Told of each that was met. */
  readonly onMet: (difference: Difference) => void
  /** Told of each message that both have answered. */
  readonly onMessage: (message: Sent['message']) => void
}

const MSIZE = 8192
/** Messages that change what names mean. */
const RENAMING: ReadonlySet<string> = new Set([
  ...['Tlcreate', 'Tsymlink', 'Tmknod', 'Tmkdir', 'Tlink', 'Trename', 'Trenameat', 'Tunlinkat', 'Tremove', 'frame'],
  ...['Tcreate', 'Twstat'],
])
export class Pair {
  readonly fids: FidBook
  /** Why the trees are not comparable any more; nothing can be sent from then on but by `look`. */
  diverged: Difference | undefined
  private readonly log: Sent[] = []
  private tag = 0

  constructor(readonly options: PairOptions) {
    this.fids = new FidBook(options.model, options.trees, options.isReadOnly)
  }

  /** Agrees on the version and attaches the root as fid 0. */
  async begin(nUname = 1000, msize = MSIZE): Promise<void> {
    await this.send('Tversion', { msize, version: this.options.dialect })
    await this.attach(0, nUname)
  }

  attach(fid: number, nUname: number): Promise<Answers> {
    return this.send('Tattach', { fid, afid: NOFID, uname: '', aname: '', nUname: guestUid(nUname) })
  }

  /** Walks from fid 0 (or another) to a new fid; both must arrive. */
  async walk(path: string, newfid: number, fid = 0): Promise<number> {
    const wnames = path.split('/').filter((name) => name !== '') as Body<'Twalk'>['wnames']
    const { wqids } = await this.call('Twalk', { fid, newfid, wnames })
    if (wqids.length < wnames.length) throw this.error(`Cannot walk to "${path}"`)
    return newfid
  }

  /** Sends a request to both; throws when they disagree about it in a way that no allowed difference explains. */
  async send<M extends Sent['message']>(message: M, body: Extract<Sent, { message: M }>['body']): Promise<Answers> {
    return this.compare(sentOf(message, body))
  }

  /** The body of the reply that both give. */
  async call<N extends Request>(message: N, body: Body<N>): Promise<Body<ReplyTo<N>>> {
    const { qemu, dialect } = await this.compare(sentOf(message, body as object))
    if (qemu.message !== `R${message.slice(1)}`) throw this.error(`${message} was answered ${outcomeOf(qemu, dialect)}`)
    return qemu.body as Body<ReplyTo<N>>
  }

  /** Sends a request that both refuse; gives the errno's name. */
  async refusal<N extends Request>(message: N, body: Body<N>): Promise<string> {
    return this.refusalOf(sentOf(message, body as object))
  }

  async refusalOf(sent: Sent): Promise<string> {
    const { qemu, ours, dialect } = await this.compare(sent)
    const outcome = outcomeOf(qemu, dialect)
    if (isSuccess(qemu) || isSuccess(ours)) throw this.error(`${sent.message} was answered ${outcome}`)
    return outcome
  }

  /** Sends a request to both without comparing anything: to show in what they differ. */
  async look<N extends Request>(message: N, body: Body<N>): Promise<Answers> {
    return this.exchange(sentOf(message, body as object))
  }

  /**
   * Sends frames together and gives what came back, in the order in which it came: for each side a tag and an outcome.
   * Nothing is compared, for which of two requests is done first is nobody's promise.
   */
  async sendTogether(frames: readonly Buffer[]): Promise<readonly [qemu: string[], ours: string[]]> {
    const { peers, dialect, onMessage } = this.options
    frames.forEach(() => onMessage('frame'))
    const shownBy = async (peer: Peer): Promise<string[]> =>
      (await peer.exchangeAll(frames)).map(
        (reply) => `${reply.readUInt16LE(5)} ${outcomeOf(decodeReply(reply), dialect)}`,
      )
    return [await shownBy(peers.qemu), await shownBy(peers.ours)]
  }

  /** Compares what lies on the disk. */
  end(): void {
    if (this.diverged !== undefined) return
    const { trees, clock } = this.options
    const lines = treeDifferences(
      { name: 'QEMU left', entries: trees.qemu.record(clock) },
      { name: 'virtfs left', entries: trees.ours.record(clock) },
    )
    if (lines.length > 0) throw this.error(`The trees on the disk differ: ${lines.join('; ')}`)
  }

  private async compare(sent: Sent): Promise<Answers> {
    if (this.diverged !== undefined) throw this.error(`Cannot compare any more: ${this.diverged.title}`)
    this.log.push(sent)
    const { model, isReadOnly, isUnprivileged, trees, onMessage } = this.options
    const scene = sceneOf(sent, this.fids, trees)
    const answers = await this.exchange(sent)
    onMessage(sent.message)
    if (RENAMING.has(sent.message)) for (const tree of [trees.qemu, trees.ours]) tree.changed()
    const exchanged: Exchanged = { sent, ...answers, scene, model, isReadOnly, isUnprivileged }
    this.judge(exchanged, await this.disagreements(exchanged))
    this.fids.note(sent, answers.qemu, answers.ours)
    return answers
  }

  private async disagreements(exchanged: Exchanged): Promise<Disagreement[]> {
    const { sent, qemu, ours, scene, dialect } = exchanged
    const role = sent.message === 'Tread' ? scene.fids.get(sent.body.fid)?.role : undefined
    const isReading = role === 'directory' && dialect === '9P2000.u'
    if (sent.message === 'Tread' && isReading && qemu.message === 'Rread' && ours.message === 'Rread') {
      const listed = async (side: keyof Trees, first: Uint8Array): Promise<Facts> => {
        const { payloads, end } = await listRecords(this.asking(side), sent.body, first)
        return { ...recordListingFacts(payloads, this.witness(side)), end }
      }
      return disagreements(await listed('qemu', qemu.body.data), await listed('ours', ours.body.data))
    }
    const isListing = sent.message === 'Treaddir' && sent.body.offset === 0n
    if (isListing && qemu.message === 'Rreaddir' && ours.message === 'Rreaddir') {
      const listed = async (side: keyof Trees, first: Uint8Array): Promise<Facts> => {
        const { payloads, end } = await listEntries(this.asking(side), sent.body, first)
        return { ...listingFacts(payloads, this.options.trees[side]), end }
      }
      return disagreements(await listed('qemu', qemu.body.data), await listed('ours', ours.body.data))
    }
    const facts = (reply: Reply, side: keyof Trees): Facts => factsOf(reply, this.witness(side, role === 'names'))
    return disagreements(facts(qemu, 'qemu'), facts(ours, 'ours'))
  }

  private witness(side: keyof Trees, isNameList = false): Witness {
    const { trees, clock, dialect } = this.options
    return { tree: trees[side], clock, isNameList, dialect }
  }

  private asking(side: keyof Trees): Ask {
    return async (sent) => decodeReply(await this.options.peers[side].exchange(this.encode(sent)))
  }

  /** Accepts an exchange whose every disagreement is allowed, and notes whether the trees go different ways from now on. */
  private judge(exchanged: Exchanged, found: readonly Disagreement[]): void {
    const { allowed, onMet } = this.options
    for (const disagreement of found) {
      const difference = allowed.find(({ explains }) => explains?.(disagreement, exchanged) === true)
      if (difference === undefined) {
        const { fact, qemu, ours } = disagreement
        throw this.error(`QEMU and virtfs disagree about ${fact}: ${String(qemu)} and ${String(ours)}`)
      }
      onMet(difference)
      if (difference.diverges(exchanged)) this.diverged ??= difference
    }
    for (const difference of allowed) {
      if (difference.happensUnseen?.(exchanged) !== true) continue
      onMet(difference)
      this.diverged ??= difference
    }
  }

  private async exchange(sent: Sent): Promise<Answers> {
    const frame = this.encode(sent)
    const { peers, dialect } = this.options
    return { qemu: await answerOf(peers.qemu, frame), ours: await answerOf(peers.ours, frame), dialect }
  }

  private encode(sent: Sent): Buffer {
    this.tag = this.tag === NOTAG - 1 ? 1 : this.tag + 1
    return encodeRequest(sent.message === 'Tversion' ? NOTAG : this.tag, sent, this.options.dialect)
  }

  /** An error that tells how to come here again. */
  private error(what: string): Error {
    const { model, dialect, isReadOnly } = this.options
    const lines = this.log.map((sent) => `  ${shown(sent)}`)
    const where = `${model} by ${dialect}${isReadOnly ? ', read-only' : ''}`
    return new Error(
      `${what}\nUnder ${where}, after this sequence, which is a case as it stands:\n${lines.join('\n')}\n`,
    )
  }
}

/** What a peer answers to a frame; that it has no answer is one too. */
async function answerOf(peer: Peer, frame: Buffer): Promise<Reply> {
  try {
    const reply = decodeReply(await peer.exchange(frame))
    if ('tag' in reply && reply.tag !== frame.readUInt16LE(5)) throw new Error(`Tag ${reply.tag} was not sent`)
    return reply
  } catch (cause) {
    if (cause instanceof DeviceBroken || cause instanceof StreamEnded) {
      return { message: 'given up', body: { why: cause.message } }
    }
    if (cause instanceof ProcessEnded) return { message: 'ended', body: { why: cause.message } }
    throw cause
  }
}
