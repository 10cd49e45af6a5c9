// One thing in which QEMU and virtfs may differ, and how far.

import type { SecurityModel } from '../../src/ownership/security-models.js'
import type { Disagreement } from './facts.js'
import type { Dialect, Reply, Sent } from './messages.js'
import type { Scene } from './scene.js'

/** A request, both replies, and how things stood before. */
export interface Exchanged {
  readonly sent: Sent
  readonly qemu: Reply
  readonly ours: Reply
  readonly scene: Scene
  readonly model: SecurityModel
  readonly dialect: Dialect
  readonly isReadOnly: boolean
  readonly isUnprivileged: boolean
}

export interface Difference {
  /** The fact, QEMU's and ours. */
  readonly title: string
  /** The row of the reference's section 8, or the section, that explains it. */
  readonly because: string
  /** The dialect in which it is to be met; 9P2000.L if absent. It may be met in the other one besides. */
  readonly dialect?: Dialect
  /** The models under which it is to be met; all if absent. */
  readonly models?: readonly SecurityModel[]
  /** True where it is to be met without privilege alone. */
  readonly isUnprivileged?: boolean
  /** True for a disagreement that this explains: as narrow as can be. */
  readonly explains?: (disagreement: Disagreement, exchanged: Exchanged) => boolean
  /** True where the replies are alike, or explained otherwise, and yet what was done is not. */
  readonly happensUnseen?: (exchanged: Exchanged) => boolean
  /** True when what follows cannot be compared: trees or fids are different from then on. */
  readonly diverges: (exchanged: Exchanged) => boolean
}
