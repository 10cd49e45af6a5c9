// The one table of security models. What differs between them is chosen here, once: nothing else in the library asks
// which model a tree is served under.

import { AsFiles } from './as-files.js'
import { AsThemselves } from './as-themselves.js'
import { HostStore } from './host-store.js'
import { MetadataFileStore } from './metadata-file-store.js'
import { formOf, type SecurityModel, xattrNamesOf } from './security-models.js'
import type { Capabilities, Model } from './store.js'
import { XattrStore } from './xattr-store.js'

/** Permission bits of what the mapped models create on the host; defaults 0600 and 0700. */
export interface ModelOptions {
  readonly fmode?: number
  readonly dmode?: number
}

const mapped: Capabilities = {
  keepsAnyOwner: true,
  keepsDevices: true,
  keepsWideDevices: true,
  keepsAcls: true,
  keepsBesideName: false,
}
const real: Capabilities = {
  keepsAnyOwner: false,
  keepsDevices: false,
  keepsWideDevices: false,
  keepsAcls: true,
  keepsBesideName: false,
}

const models: Readonly<Record<SecurityModel, (options: ModelOptions) => Omit<Model, 'storedAs' | 'xattrs'>>> = {
  'mapped-xattr': ({ fmode, dmode }) => ({
    store: new XattrStore(),
    embodiment: new AsFiles(fmode, dmode),
    capabilities: mapped,
  }),
  'mapped-file': ({ fmode, dmode }) => ({
    store: new MetadataFileStore(),
    embodiment: new AsFiles(fmode, dmode),
    capabilities: { ...mapped, keepsWideDevices: false, keepsBesideName: true },
  }),
  passthrough: () => ({
    store: new HostStore(false),
    embodiment: new AsThemselves(),
    capabilities: real,
  }),
  none: () => ({
    store: new HostStore(true),
    embodiment: new AsThemselves(),
    capabilities: { ...real, keepsAcls: false },
  }),
}

/** Opens a model. The mapped ones take `fmode` and `dmode`, of which the permission bits (0777) count. */
export const openModel = (name: SecurityModel, options: ModelOptions = {}): Model => ({
  ...models[name](options),
  xattrs: xattrNamesOf(name),
  storedAs: formOf(name),
})
