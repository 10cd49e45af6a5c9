// Any host that runs Node: node:fs, and fs-xattr where it is installed.

import { realpathSync } from 'node:fs'
import { loadAttributes, type AttributesByPath } from './attributes-by-path.js'
import { attempt } from './failure-by-node.js'
import type { Host } from './host-directory.js'
import { lastValue, PortableDirectory } from './portable-directory.js'

/** A host with these attributes. */
export const portableHostWith = (attributes: AttributesByPath): Host => ({
  limits: { hidesAttributesOfSpecials: true, isRacy: true, withoutAttributes: attributes.missing },
  lastValue,
  attributeName: (text) => ({ text }),
  openDirectory: (path) => PortableDirectory.of(path, attributes),
  workingDirectory: () => attempt({ op: 'find the working directory' }, () => realpathSync.native('.', 'latin1')),
})

export const portableHost: Host = portableHostWith(await loadAttributes())
