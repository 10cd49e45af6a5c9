// The one table of security models. What differs between them is chosen here, once: nothing else in the library asks
// which model a tree is served under.

import { AsFiles } from './as-files.js'
import { AsThemselves } from './as-themselves.js'
import { HostStore } from './host-store.js'
import { MetadataFileStore } from './metadata-file-store.js'
import type { Capabilities, Model, StoredForm } from './store.js'
import { aclsReal, aclsRefused, aclsRenamed } from './xattr-names.js'
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

interface Row {
  readonly storedAs: StoredForm
  open(options: ModelOptions): Omit<Model, 'storedAs'>
}

const models = {
  'mapped-xattr': {
    storedAs: 'xattr',
    open: ({ fmode, dmode }) => ({
      store: new XattrStore(),
      embodiment: new AsFiles(fmode, dmode),
      xattrs: aclsRenamed,
      capabilities: mapped,
    }),
  },
  'mapped-file': {
    storedAs: 'sidecar',
    open: ({ fmode, dmode }) => ({
      store: new MetadataFileStore(),
      embodiment: new AsFiles(fmode, dmode),
      xattrs: aclsReal,
      capabilities: { ...mapped, keepsWideDevices: false, keepsBesideName: true },
    }),
  },
  passthrough: {
    storedAs: 'inode',
    open: () => ({
      store: new HostStore(false),
      embodiment: new AsThemselves(),
      xattrs: aclsReal,
      capabilities: real,
    }),
  },
  none: {
    storedAs: 'inode',
    open: () => ({
      store: new HostStore(true),
      embodiment: new AsThemselves(),
      xattrs: aclsRefused,
      capabilities: { ...real, keepsAcls: false },
    }),
  },
} as const satisfies Record<string, Row>

export type SecurityModel = keyof typeof models

/** The models, in the order in which they are listed to users. */
export const securityModels = Object.keys(models) as SecurityModel[]

/** Other names that QEMU takes for a model. */
export const modelAliases: Readonly<Record<string, SecurityModel>> = { mapped: 'mapped-xattr' }

/** The model that `text` names, by itself or by an alias; undefined where it names none. */
export function securityModelOf(text: string): SecurityModel | undefined {
  const alias = Object.hasOwn(modelAliases, text) ? modelAliases[text] : undefined
  return alias ?? securityModels.find((model) => model === text)
}

/** The model to name for a tree whose ownership is kept as `form`; of those that keep it alike, the first. */
export function modelKeptAs(form: StoredForm): SecurityModel {
  return securityModels.find((model) => models[model].storedAs === form)!
}

/** Opens a model. The mapped ones take `fmode` and `dmode`, of which the permission bits (0777) count. */
export function openModel(name: SecurityModel, options: ModelOptions = {}): Model {
  const row: Row = models[name]
  return { ...row.open(options), storedAs: row.storedAs }
}
