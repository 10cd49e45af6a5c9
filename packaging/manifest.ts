// What oclif has to know of the commands before it loads the one that is run.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Plugin } from '@oclif/core/config'
import type { Manifest } from '@oclif/core/interfaces'

/** Writes oclif.manifest.json, which oclif looks for beside package.json, from the commands of the built program. */
export async function buildManifest(top: string): Promise<Manifest> {
  const plugin = new Plugin({
    root: top,
    isRoot: true,
    type: 'core',
    ignoreManifest: true,
    errorOnManifestCreate: true,
  })
  await plugin.load()
  writeFileSync(join(top, 'oclif.manifest.json'), `${JSON.stringify(plugin.manifest, undefined, 2)}\n`)
  return plugin.manifest
}
