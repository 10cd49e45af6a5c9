// Which security model a tree looks like, from a bounded look at what is stored in its upper levels. For an error line
// and for commands that are not told; a guess, so it says what it rests on.

import { Errno } from '../errors.js'
import { type Host, type HostDirectory, type NameOrSelf, SELF } from '../host/host-directory.js'
import { listedNames } from '../host/listed-names.js'
import type { Name } from '../name.js'
import { S_IFDIR, S_IFMT, S_IFREG } from '../sys/constants.js'
import { unlessUnreadable } from './leniency.js'
import { OWNERSHIP_KEYS } from './ownership.js'
import { METADATA_DIRECTORY, ROOT_RECORD } from './reserved-names.js'
import { modelKeptAs, type SecurityModel } from './security-models.js'
import { surroundingsIn } from './surroundings.js'
import { ATTRIBUTE_OF, WIDTH } from './xattr-codec.js'

/** What was found: objects looked at, how many of them have ownership in each form, and metadata directories. */
export interface Survey {
  readonly objects: number
  readonly withAttributes: number
  readonly withRecord: number
  readonly metadataDirectories: number
}

/**
 * The model that a tree looks like; undefined where both mapped forms are there, where the tree is empty, and where
 * attributes cannot be read.
 */
export interface Detection extends Survey {
  readonly model: SecurityModel | undefined
  /** What the tree looks like and why, without a full stop: `looks like MODEL (…)`. */
  readonly sentence: string
}

/** How far the look goes: objects in all, objects a directory, levels below the root. */
export interface Bounds {
  readonly objects: number
  readonly perDirectory: number
  readonly levels: number
}
const BOUNDS: Bounds = { objects: 1000, perDirectory: 100, levels: 4 }

/** Looks at the export's root and at what is below it. What may not be read is passed over. */
export function detectModel(host: Host, root: HostDirectory, bounds: Bounds = BOUNDS): Detection {
  const look = new Look(host, bounds)
  look.note(root, SELF, isRegular(root, ROOT_RECORD))
  unlessUnreadable(() => look.into(root, 1))
  const { withoutAttributes } = host.limits
  const judgement = judge(look.survey)
  // A tree of side files is known by them; any other may have attributes.
  return withoutAttributes === undefined || judgement.model === modelKeptAs('sidecar')
    ? { ...look.survey, ...judgement }
    : { ...look.survey, model: undefined, sentence: `may have attributes that cannot be read (${withoutAttributes})` }
}

class Look {
  readonly survey = { objects: 0, withAttributes: 0, withRecord: 0, metadataDirectories: 0 }
  private readonly attributes

  constructor(
    host: Host,
    private readonly bounds: Bounds,
  ) {
    this.attributes = OWNERSHIP_KEYS.map((key) => ({
      name: host.attributeName(ATTRIBUTE_OF[key]),
      width: WIDTH[key],
    }))
  }

  note(directory: HostDirectory, name: NameOrSelf, hasRecord: boolean): void {
    this.survey.objects++
    if (this.hasAttributes(directory, name)) this.survey.withAttributes++
    if (hasRecord) this.survey.withRecord++
  }

  /** All of a level's objects, up to the bounds, before any that lie deeper. */
  into(directory: HostDirectory, level: number): void {
    using surroundings = unlessUnreadable(() => surroundingsIn(directory))
    const records = surroundings?.records
    if (records !== undefined) this.survey.metadataDirectories++
    const deeper: Name[] = []
    let left = this.bounds.perDirectory
    for (const name of listedNames(directory)) {
      if (left === 0 || this.survey.objects >= this.bounds.objects) break
      if (name === METADATA_DIRECTORY || name === ROOT_RECORD) continue
      const host = directory.stat(name)
      if (host === undefined) continue
      left--
      this.note(directory, name, records !== undefined && isRegular(records, name))
      if ((host.mode & S_IFMT) === S_IFDIR) deeper.push(name)
    }
    if (level >= this.bounds.levels) return
    for (const name of deeper) {
      unlessUnreadable(() => {
        using below = directory.openDirectory(name)
        this.into(below, level + 1)
      })
    }
  }

  /** True where any of the four is there, be it of a wrong width. */
  private hasAttributes(directory: HostDirectory, name: NameOrSelf): boolean {
    return this.attributes.some((attribute) => {
      const length = directory.peekAttribute(name, attribute.name, attribute.width)
      return length >= 0 || length === -Errno.ERANGE
    })
  }
}

const isRegular = (directory: HostDirectory, name: Name): boolean =>
  ((unlessUnreadable(() => directory.stat(name))?.mode ?? 0) & S_IFMT) === S_IFREG

function judge({
  objects,
  withAttributes,
  withRecord,
  metadataDirectories,
}: Survey): Pick<Detection, 'model' | 'sentence'> {
  const hasSidecars = withRecord > 0 || metadataDirectories > 0
  const [xattr, sidecar, inode] = [modelKeptAs('xattr'), modelKeptAs('sidecar'), modelKeptAs('inode')]
  const looked = `${objects} ${objects === 1 ? 'object' : 'objects'} looked at`
  if (withAttributes > 0 && hasSidecars) {
    const why = `user.virtfs attributes on ${withAttributes} and .virtfs_metadata records for ${withRecord} of ${looked}`
    return { model: undefined, sentence: `looks like both ${xattr} and ${sidecar} (${why})` }
  }
  if (withAttributes > 0) {
    return { model: xattr, sentence: `looks like ${xattr} (user.virtfs attributes on ${withAttributes} of ${looked})` }
  }
  if (hasSidecars) {
    return {
      model: sidecar,
      sentence: `looks like ${sidecar} (.virtfs_metadata records for ${withRecord} of ${looked})`,
    }
  }
  if (objects === 1) return { model: undefined, sentence: 'is empty and fits any model' }
  const why = `no user.virtfs attributes and no .virtfs_metadata on ${looked}`
  return { model: inode, sentence: `looks like ${inode} (${why})` }
}
