// Which security model a tree looks like, by what is stored for some of its objects. For an error line and for commands
// that are not told: it says how sure it is, and what it rests on.

import type { Host, HostDirectory } from '../host/host-directory.js'
import { modelKeptAs, type SecurityModel } from './security-models.js'
import { type Bounds, type Survey, surveyOf } from './survey.js'

/**
 * How sure it is.
 * - `certain`: most of the objects looked at are stored so, all of these belong to one user of the host, as what one
 *   server makes, and none is stored in another way.
 * - `likely`: some are, and none in another way; or none is stored at all and they belong to several users of the host.
 * - `guess`: what is stored is for the root alone, or nothing is, so that another model would do as well.
 */
export type Certainty = 'certain' | 'likely' | 'guess'

/** Another kind of host, which left its marks in the attributes. */
export type ForeignHost = 'macos' | 'big-endian'

/** What a tree was recognised as. Plain data. */
export interface Detection {
  readonly model: SecurityModel
  readonly certainty: Certainty
  /** What it rests on, in words, without a full stop. */
  readonly reason: string
  /** Where the tree or a part of it was written, if that was no little-endian Linux. */
  readonly writtenOn: ForeignHost | undefined
  /** What the tree looks like and why, to follow its name: `looks like MODEL (CERTAINTY: …)`. */
  readonly sentence: string
}

/**
 * A tree of which no model is told: it has ownership of both mapped models, each of which sees its own only, so that
 * either guess may be wrong; or the host's attributes cannot be read.
 */
export interface Undecided {
  readonly model: undefined
  /** As in Detection: `is mixed, … (…)`, `may have attributes …`. */
  readonly sentence: string
}

/** Looks at an export's root and at what is below it; see `surveyOf`. */
export function detectModel(
  host: Host,
  root: HostDirectory,
  way: readonly string[] = [],
  bounds?: Bounds,
): Detection | Undecided {
  const judgement = judge(surveyOf(host, root, way, bounds))
  const { withoutAttributes } = host.limits
  // A tree of side files is known by them; any other may have attributes.
  if (withoutAttributes === undefined || judgement.model === modelKeptAs('sidecar')) return judgement
  return { model: undefined, sentence: `may have attributes that cannot be read (${withoutAttributes})` }
}

/** What a survey says. Pure. */
export function judge(survey: Survey): Detection | Undecided {
  const { objects, withAttributes, withRecord, metadataDirectories } = survey
  const hasSidecars = withRecord > 0 || metadataDirectories > 0
  if (withAttributes > 0 && hasSidecars) return mixtureOf(survey)
  if (withAttributes > 0) {
    const reason = `user.virtfs attributes on ${withAttributes} of ${looked(survey)}`
    return detectionOf('xattr', certaintyOf(withAttributes, survey), survey, reason)
  }
  if (hasSidecars) {
    const reason = `.virtfs_metadata records for ${withRecord} of ${looked(survey)}`
    return detectionOf('sidecar', certaintyOf(withRecord, survey), survey, reason)
  }
  if (objects === 1 && survey.isWhole) {
    const sentence = 'is empty and fits any model'
    return { ...detectionOf('inode', 'guess', survey, `it ${sentence}`), sentence }
  }
  const nothing = `no user.virtfs attributes and no .virtfs_metadata on ${looked(survey)}`
  return survey.hostUsers > 1
    ? detectionOf('inode', 'likely', survey, `${nothing}, which belong to ${survey.hostUsers} users of the host`)
    : detectionOf('inode', 'guess', survey, `${nothing}, which belong to one user of the host`)
}

function certaintyOf(stored: number, { objects, isRootStored, hostUsersOfStored }: Survey): Certainty {
  const isRootAlone = isRootStored && stored === 1 && objects > 1
  if (stored === 0 || isRootAlone) return 'guess'
  return 2 * stored > objects && hostUsersOfStored === 1 ? 'certain' : 'likely'
}

function detectionOf(
  form: 'xattr' | 'sidecar' | 'inode',
  certainty: Certainty,
  survey: Survey,
  found: string,
): Detection {
  const model = modelKeptAs(form)
  const reason = [found, ...foreignMarks(survey), ...(form === 'inode' ? [] : spreadOwners(survey))].join('; ')
  const { withMacosWidth, withReversedMode } = survey
  const writtenOn = withMacosWidth > 0 ? 'macos' : withReversedMode > 0 ? 'big-endian' : undefined
  return { model, certainty, reason, writtenOn, sentence: `looks like ${model} (${certainty}: ${reason})` }
}

function foreignMarks({ withMacosWidth, withReversedMode, withAttributes }: Survey): string[] {
  const part = (count: number): string => (count === withAttributes ? '' : `${count} of them `)
  return [
    ...(withMacosWidth > 0 ? [`${part(withMacosWidth)}written on macOS`] : []),
    ...(withReversedMode > 0 ? [`${part(withReversedMode)}written by QEMU before 2.1 on a big-endian host`] : []),
  ]
}

const spreadOwners = ({ hostUsersOfStored }: Survey): string[] =>
  hostUsersOfStored > 1 ? [`these belong to ${hostUsersOfStored} users of the host`] : []

function mixtureOf(survey: Survey): Undecided {
  const { withAttributes, withRecord, withBoth, newest } = survey
  const counts =
    `user.virtfs attributes on ${withAttributes} and .virtfs_metadata records for ${withRecord} of ${looked(survey)}, ` +
    `both for ${withBoth}`
  const last = newest === undefined ? '' : `; what was made last has ${newest === 'record' ? 'a record' : 'attributes'}`
  return {
    model: undefined,
    sentence: `is mixed, both ${modelKeptAs('xattr')} and ${modelKeptAs('sidecar')} (${counts}${last})`,
  }
}

/** The number of objects, and whether there may be others. */
const looked = ({ objects, isWhole }: Survey): string =>
  `${objects} ${objects === 1 ? 'object' : 'objects'}${isWhole ? '' : ' looked at'}`
