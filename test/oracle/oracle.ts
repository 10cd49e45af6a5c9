// A QEMU and a place for two equal trees: what a file of tests needs to compare, sequence after sequence.

import { chmodSync, mkdirSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { emptyTree, removeTree } from '../../fixtures/remove-tree.js'
import type { SecurityModel } from '../../src/ownership/security-models.js'
import { encodeFrame } from '../../src/wire/codec.js'
import { NOTAG } from '../../src/wire/constants.js'
import { which } from '../support/guest/requirements.js'
import type { HostUser } from '../support/guest/qemu.js'
import { isRoot, nobody } from '../support/host/nobody.js'
import { scratchParent } from '../support/host/tree.js'
import { QemuPeer } from '../support/qtest/qemu-peer.js'
import { Clock } from './clock.js'
import type { Difference } from './difference.js'
import { differences } from './differences.js'
import { HostTree } from './host-tree.js'
import type { Dialect, Sent } from './messages.js'
import { Pair } from './pair.js'
import { type Peer, SessionPeer } from './peer.js'
import { PlantedTree } from './planted-tree.js'
import { plantTree } from './start-tree.js'

export interface OracleOptions {
  readonly model: SecurityModel
  readonly isReadOnly?: boolean
  /** Both sides run as nobody, where the tests run as root. */
  readonly isUnprivileged?: boolean
  readonly dialect?: Dialect
  /** Puts another peer in front of our session. */
  readonly disguise?: (peer: Peer) => Peer
}

/** What was met over all sequences. */
export interface Tally {
  readonly met: Set<Difference>
  /** How many of each message both sides answered. */
  readonly messages: Map<Sent['message'], number>
}

export const newTally = (): Tally => ({ met: new Set(), messages: new Map() })

export class Oracle implements AsyncDisposable {
  private constructor(
    private readonly options: Required<OracleOptions>,
    private readonly qemu: QemuPeer,
    private readonly directory: string,
    readonly tally: Tally,
  ) {}

  /** The dialect that sequences agree on. */
  get dialect(): Dialect {
    return this.options.dialect
  }

  /** Messages that both sides answered, in all sequences. */
  get messageCount(): number {
    return [...this.tally.messages.values()].reduce((sum, count) => sum + count, 0)
  }

  /** Starts QEMU on an empty tree. Several may count into one tally. */
  static async start(options: OracleOptions, tally = newTally()): Promise<Oracle> {
    const { model, isReadOnly = false, isUnprivileged = false, dialect = '9P2000.L' } = options
    const disguise = options.disguise ?? ((peer: Peer) => peer)
    const directory = mkdtempSync(join(scratchParent(), 'virtfs-oracle-'))
    try {
      // A server without privilege reaches its tree by this path.
      chmodSync(directory, 0o755)
      for (const side of ['qemu', 'ours']) mkdirSync(join(directory, side))
      const exported = {
        path: join(directory, 'qemu'),
        securityModel: model,
        ...(isReadOnly ? { options: 'readonly=on' } : {}),
      }
      const user: HostUser = isUnprivileged && isRoot ? nobody : {}
      const qemu = await QemuPeer.start(requireQemu(), exported, { user })
      return new Oracle({ model, isReadOnly, isUnprivileged, dialect, disguise }, qemu, directory, tally)
    } catch (cause) {
      removeTree(directory)
      throw cause
    }
  }

  /**
   * Plants both trees anew, has `furnish` add to each, and runs a sequence on them; compares the trees when it is over.
   */
  async play(sequence: (pair: Pair) => Promise<void>, furnish?: (tree: PlantedTree) => void): Promise<Pair> {
    const clock = new Clock()
    const trees = { qemu: new HostTree(join(this.directory, 'qemu')), ours: new HostTree(join(this.directory, 'ours')) }
    const { model, isReadOnly, isUnprivileged, dialect, disguise } = this.options
    const owner = isUnprivileged && isRoot ? nobody : { uid: process.getuid!(), gid: process.getgid!() }
    for (const { root } of Object.values(trees)) {
      emptyTree(root)
      plantTree(root, model, owner)
      furnish?.(new PlantedTree(root, owner))
    }
    const { met, messages } = this.tally
    using ours = new SessionPeer(trees.ours.root, model, { isReadOnly, isUnprivileged })
    const pair = new Pair({
      ...{ model, dialect, isReadOnly, isUnprivileged, trees, clock },
      peers: { qemu: this.qemu, ours: disguise(ours) },
      allowed: differences,
      onMet: (difference) => met.add(difference),
      onMessage: (message) => messages.set(message, (messages.get(message) ?? 0) + 1),
    })
    try {
      await sequence(pair)
      pair.end()
    } finally {
      await this.forget()
    }
    return pair
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.qemu[Symbol.asyncDispose]()
    removeTree(this.directory)
  }

  /** Makes QEMU let go of its fids, and so of what they hold open. */
  private async forget(): Promise<void> {
    if (this.qemu.hasFailed) return
    await this.qemu.reset()
    await this.qemu.exchange(encodeFrame(NOTAG, 'Tversion', { msize: 8192, version: '9P2000.L' }))
  }
}

const PROGRAM = 'qemu-system-x86_64'

export const findQemu = (): string | undefined => which(PROGRAM)

export function requireQemu(): string {
  const qemu = findQemu()
  if (qemu === undefined) throw new Error(`Cannot ask QEMU: ${PROGRAM} is not there (Debian package qemu-system-x86)`)
  return qemu
}
