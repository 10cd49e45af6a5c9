// Conversions of a sample tree in this thread: as `virtfs convert` asks for them, without its words.

import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Conversion } from '../../../src/convert/conversion.js'
import type { Outcome, Plan } from '../../../src/convert/plan.js'
import type { ConversionRequest } from '../../../src/convert/request.js'
import type { SecurityModel } from '../../../src/ownership/security-models.js'
import type { StoredForm } from '../../../src/ownership/store.js'
import { CONVERT_ATTRIBUTE, CONVERT_DIRECTORY } from '../../../src/ownership/unfinished.js'
import { openTree } from '../../../src/sys/open.js'
import { getxattr } from '../../../src/sys/xattr.js'
import { scratchMemory } from '../scratch-memory.js'
import { type Portrait, portrait } from './portrait.js'
import type { SampleObject } from './sample-objects.js'
import { makeSampleTree } from './sample-tree.js'

/** What a conversion of a tree is; everything else as it is unless somebody says otherwise. */
export type Wanted = Partial<ConversionRequest> & {
  readonly tree: string
  readonly from: SecurityModel | undefined
  readonly to: SecurityModel | undefined
}

/** A caller that is nobody in the tree. */
const CALLER = { uid: 500, gid: 501 } as const

export const requestOf = (wanted: Wanted): ConversionRequest => ({
  ...{ output: undefined, ids: { uids: [], gids: [] }, owner: undefined, caller: CALLER },
  ...{ fmode: undefined, dmode: undefined, gate: { allowsSetid: true, allowsDevices: true } },
  ...{ skipsForbidden: false, rules: { include: [], exclude: [] }, isOneFileSystem: false },
  // Other processes are nobody's business here, and looking for them takes longer than all the rest.
  ...{ ignoresOpeners: true, jobs: 1, verifies: false, isLogged: false, intent: 'convert' },
  ...wanted,
})

export interface Conducted {
  readonly plan: Plan
  readonly outcome: Outcome
}

/** Plans a conversion and carries it out. Throws what refuses it. */
export async function conduct(wanted: Wanted): Promise<Conducted> {
  await using conversion = Conversion.open(requestOf(wanted))
  const plan = await conversion.plan()
  return { plan, outcome: await conversion.carryOut(plan) }
}

/** A way of going between two models, and what the tree is in before. */
export interface Direction {
  readonly title: string
  readonly form: StoredForm
  readonly from: SecurityModel
  readonly to: SecurityModel
  /** Ids in the inode form are so much higher; they are mapped then. */
  readonly offset: number
}

const models: Readonly<Record<StoredForm, SecurityModel>> = {
  xattr: 'mapped-xattr',
  sidecar: 'mapped-file',
  inode: 'passthrough',
}

const OFFSET = 100_000
const forms = ['xattr', 'sidecar', 'inode'] as const
const pairs = forms.flatMap((form) => forms.filter((to) => to !== form).map((to) => [form, to] as const))

const direction = (form: StoredForm, to: StoredForm, offset: number): Direction => ({
  title: `${models[form]} to ${models[to]}${offset === 0 ? '' : ' with other ids'}`,
  ...{ form, from: models[form], to: models[to], offset },
})

/** Every way between two forms of storage; and those that go into or out of inodes once more with ids that are mapped. */
export const directions: readonly Direction[] = [
  ...pairs.map(([form, to]) => direction(form, to, 0)),
  ...pairs.filter((pair) => pair.includes('inode')).map(([form, to]) => direction(form, to, OFFSET)),
]

/** The one of a title. */
export const directionOf = (title: string): Direction => directions.find((each) => each.title === title)!

/** The two that most people need, for tests that try every moment of a conversion, and of the others one in so many. */
export const isUsual = ({ title }: Direction): boolean =>
  title === 'mapped-xattr to passthrough' || title === 'passthrough to mapped-xattr'

/** A sample tree, to be made again and again, and its conversion. */
export class SampleConversion implements Disposable {
  private readonly above = mkdtempSync(join(scratchMemory() ?? tmpdir(), 'virtfs-conversion-'))
  readonly tree = join(this.above, 'tree')

  constructor(readonly direction: Direction) {}

  /** Makes the tree anew, with one of everything unless somebody says otherwise. */
  begin(objects?: readonly SampleObject[]): void {
    const { form, offset } = this.direction
    makeSampleTree(this.tree, form, { offset, ...(objects && { objects }) })
  }

  /** Converts it; `changes` are those of the usual request. */
  run(changes: Partial<ConversionRequest> = {}): Promise<Conducted> {
    const { from, to, offset } = this.direction
    const range = offset === 0 ? [] : [{ guest: 0, host: offset, count: 65_536 }]
    return conduct({ tree: this.tree, from, to, ids: { uids: range, gids: range }, ...changes })
  }

  look(): Portrait {
    return portrait(this.tree)
  }

  /** True once the tree says that a conversion of it is under way. */
  get isMarked(): boolean {
    using root = openTree(this.tree)
    return getxattr(root, CONVERT_ATTRIBUTE) !== undefined || existsSync(join(this.tree, CONVERT_DIRECTORY))
  }

  [Symbol.dispose](): void {
    rmSync(this.above, { recursive: true, force: true })
  }
}
