// A conversion as JSON: the shapes that docs/cli.md promises. Pure.

import { fileType, isDevice, type LoggedChange } from '../../src/index.js'
import { type ConversionReport, countsOf, failedChanges } from './convert-report.js'
import { bytesMember, bytesMembers, permissions } from './entry-json.js'

/** The document, without its version. */
export function convertJson(report: ConversionReport): object {
  const { plan, outcome, seconds } = report
  const { changed, unchanged, changes } = countsOf(report)
  const differences = outcome?.differences
  const failed = outcome === undefined ? plan.failed : [...plan.failed, ...failedChanges(plan, outcome)]
  return {
    from: plan.from,
    to: plan.to,
    dryRun: outcome === undefined,
    entries: plan.entries,
    changed,
    unchanged,
    refused: plan.refused.map(located),
    lost: plan.lost.map(located),
    failed: failed.map(({ path, error }) => located({ path, error: error.code })),
    verified: differences === undefined ? null : differences.length === 0,
    seconds: Math.round(seconds * 1000) / 1000,
    changes,
    bytesToCopy: plan.bytesToCopy,
    forbidden: plan.forbidden.map(located),
    resumed: plan.isResumed,
    interrupted: interruptionOf(report),
    differences: differences?.map(located) ?? null,
  }
}

function interruptionOf({ outcome }: ConversionReport): string | null {
  const interruption = outcome?.interruption
  if (interruption === undefined) return null
  return interruption === 'stopped' ? interruption : interruption.code
}

const located = <T extends { readonly path: string }>({ path, ...others }: T): object => ({
  ...bytesMembers('path', path),
  ...others,
})

/** One change that was made, on a line without its newline, as bytes. */
export function changeJson({ path, changes, uid, gid, mode, rdev }: LoggedChange): string {
  return (
    `{${bytesMember('path', path)},"changes":[${changes.map((kind) => `"${kind}"`).join(',')}],` +
    `"type":"${fileType(mode)}","uid":${uid},"gid":${gid},"mode":${permissions(mode)},` +
    `"rdev":${isDevice(mode) ? `"${rdev.major}:${rdev.minor}"` : 'null'}}`
  )
}
