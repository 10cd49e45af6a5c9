// QEMU's own -virtfs and -fsdev option strings, verbatim (reference §4). Each option is understood or refused by name,
// and what QEMU would ignore in silence acts or is refused.

import { UsageError } from '../../errors.js'
import { type SecurityModel, securityModelOf, securityModels } from '../../ownership/security-models.js'
import { openModel } from '../../ownership/models.js'
import { type Multidevs, multidevsPolicies } from '../../session/devices.js'
import {
  isThrottlingName,
  type Throttling,
  type ThrottlingName,
  throttlingOf,
  throttlingOptions,
} from '../../session/throttling.js'
import { type Element, parseBoolean, parseNumber, splitOptions } from './qemu-option-syntax.js'

/** An export as an option string describes it. What the string does not say is absent. */
export interface QemuExport {
  /** As typed. */
  readonly path: string
  readonly securityModel: SecurityModel
  readonly isReadOnly: boolean
  /** Host permissions of new files, 0 to 0777; only with a model that takes them. */
  readonly fmode?: number
  /** The same of new directories. */
  readonly dmode?: number
  readonly multidevs?: Multidevs
  readonly writeout?: 'immediate'
  readonly throttling: Throttling
  /** Most xattr fids at once. */
  readonly maxXattr?: number
  /** At most 31 bytes; always there in a -virtfs, never in a -fsdev. */
  readonly mountTag?: string
  readonly id?: string
}

/** Reads the string of a `-virtfs`. Throws a UsageError for what is not understood. */
export const parseVirtfs = (text: string): QemuExport => read('virtfs', text)

/** Reads the string of a `-fsdev`. Throws a UsageError for what is not understood. An `id` is not missed here. */
export const parseFsdev = (text: string): QemuExport => read('fsdev', text)

type Kind = 'virtfs' | 'fsdev'

/** Why a value cannot be used and what to do, or undefined. */
type Check = (value: string, kind: Kind) => string | undefined

interface Option {
  readonly check: Check
  /** QEMU looks at numbers and booleans wherever they stand, at text only where no later one overrides it. */
  readonly isTyped?: true
}

/** QEMU's MAX_TAG_LEN, less its NUL (hw/9pfs/virtio-9p-device.c). */
const TAG_MAX_BYTES = 31
const PERMISSIONS = 0o777n

const number: Option = {
  isTyped: true,
  check: (value) =>
    parseNumber(value) === undefined
      ? 'not a number of 64 bits (0640 is octal, 0x1a0 hexadecimal, 416 decimal)'
      : undefined,
}
const boolean: Option = {
  isTyped: true,
  check: (value) => (parseBoolean(value) === undefined ? 'neither on nor off' : undefined),
}
const oneOf = (choices: readonly string[], isChoice = (value: string) => choices.includes(value)): Option => ({
  check: (value) => (isChoice(value) ? undefined : `not one of ${choices.join(', ')}`),
})
const ofProxy: Option = { check: () => 'it belongs to the proxy driver, which is not served (leave it out)' }

const drivers: ReadonlyMap<string, string | undefined> = new Map([
  ['local', undefined],
  ['proxy', 'it needs a helper that QEMU removed in 9.2 (write local)'],
  ['synth', "it has no directory to serve, and is for QEMU's own tests (write local)"],
  ['handle', 'QEMU removed it in 4.0 (write local)'],
])

const options: ReadonlyMap<string, Option> = new Map<string, Option>([
  [
    'fsdriver',
    { check: (value) => (drivers.has(value) ? drivers.get(value) : 'there is no such driver (write local)') },
  ],
  ['path', { check: (value) => (value === '' ? 'it names no directory' : undefined) }],
  ['security_model', oneOf(securityModels, (value) => securityModelOf(value) !== undefined)],
  ['mount_tag', { check: tagRefusal }],
  ['id', { check: idRefusal }],
  ['readonly', boolean],
  ['fmode', number],
  ['dmode', number],
  ['multidevs', oneOf(multidevsPolicies)],
  [
    'writeout',
    { check: (value) => (value === 'immediate' ? undefined : 'only immediate means something (leave it out)') },
  ],
  ['max_xattr', number],
  ['socket', ofProxy],
  ['sock_fd', ofProxy],
  ...throttlingOptions.map(({ name }) => [name, number] as const),
])

function tagRefusal(value: string, kind: Kind): string | undefined {
  if (kind === 'fsdev') return 'QEMU takes it with -device (leave it out, or use --virtfs)'
  if (value === '') return 'a guest mounts by it (give it a name)'
  const bytes = Buffer.byteLength(value)
  return bytes > TAG_MAX_BYTES ? `it has ${bytes} bytes (at most ${TAG_MAX_BYTES})` : undefined
}

function idRefusal(value: string): string | undefined {
  if (/^[a-z][\w.-]*$/i.test(value)) return undefined
  return 'not an identifier (a letter, then letters, digits, "-", "." or "_")'
}

function read(kind: Kind, text: string): QemuExport {
  // Of several ids QEMU takes the first and never looks at the others; of all else the last counts.
  const elements = splitOptions(text, 'fsdriver').filter(
    ({ key }, at, all) => key !== 'id' || at === all.findIndex((other) => other.key === 'id'),
  )
  const chosen = new Map(elements.map((element) => [element.key, element]))
  for (const element of elements) refuseUnlessUnderstood(element, chosen.get(element.key) !== element, kind)
  const required = (key: string, advice: string): string => {
    const element = chosen.get(key)
    if (element !== undefined) return element.value
    throw new UsageError(`Cannot use --${kind} ${JSON.stringify(text)}: no ${key} given (${advice})`)
  }
  // From here on each value that is looked at is known to be readable.
  required('fsdriver', 'begin with local,')
  const path = required('path', 'add path=DIRECTORY')
  const securityModel = securityModelOf(
    required('security_model', `add security_model= and one of ${securityModels.join(', ')}`),
  )!
  if (kind === 'virtfs') required('mount_tag', 'add mount_tag=NAME')
  const valueOf = (key: string): string | undefined => chosen.get(key)?.value
  const maxXattr = valueOf('max_xattr')
  return present({
    path,
    securityModel,
    isReadOnly: parseBoolean(valueOf('readonly') ?? 'off')!,
    fmode: permissions('fmode', valueOf('fmode'), securityModel, kind),
    dmode: permissions('dmode', valueOf('dmode'), securityModel, kind),
    multidevs: valueOf('multidevs') as Multidevs | undefined,
    writeout: valueOf('writeout') as 'immediate' | undefined,
    throttling: throttling(chosen, kind),
    maxXattr: maxXattr === undefined ? undefined : Number(parseNumber(maxXattr)),
    mountTag: valueOf('mount_tag'),
    id: valueOf('id'),
  })
}

const subject = ({ text }: Element, kind: Kind): string => `${JSON.stringify(text)} in --${kind}`

function refuseUnlessUnderstood(element: Element, isOverridden: boolean, kind: Kind): void {
  const { key, value, isBare } = element
  const option = options.get(key)
  let reason: string | undefined
  if (option === undefined) {
    const advice = isBare ? 'a comma inside a value is written ,,' : `known are ${known}`
    reason = `there is no such option (${advice})`
  } else if (option.isTyped === true || !isOverridden) reason = option.check(value, kind)
  if (reason !== undefined) throw new UsageError(`Cannot use ${subject(element, kind)}: ${reason}`)
}

/** The options worth naming to somebody who has mistyped one. */
const known = [...options]
  .filter(([name, { check }]) => check !== ofProxy.check && !isThrottlingName(name))
  .map(([name]) => name)
  .concat('throttling.*')
  .join(', ')

/** The permission bits of a mode; unlike in QEMU they act in a -virtfs, too, which accepts and then forgets them. */
function permissions(
  key: 'fmode' | 'dmode',
  value: string | undefined,
  securityModel: SecurityModel,
  kind: Kind,
): number | undefined {
  if (value === undefined) return undefined
  if (openModel(securityModel).storedAs === 'inode') {
    throw new UsageError(
      `Cannot use ${key} with ${securityModel} in --${kind}: it is only valid for the mapped security models`,
    )
  }
  return Number(parseNumber(value)! & PERMISSIONS)
}

function throttling(chosen: ReadonlyMap<string, Element>, kind: Kind): Throttling {
  const values = new Map<ThrottlingName, bigint>()
  for (const { name } of throttlingOptions) {
    const element = chosen.get(name)
    if (element !== undefined) values.set(name, parseNumber(element.value)!)
  }
  return throttlingOf(values, { given: (name) => subject(chosen.get(name)!, kind), prefix: '' })
}

type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
}

/** The same object without the members that are undefined. */
const present = <T extends object>(members: T): Present<T> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Present<T>
