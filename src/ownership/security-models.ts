// The names of the security models, and where each keeps what. For those who look at trees, name a model or ask for one;
// what a model does is in models.ts.

import type { StoredForm, XattrNames } from './store.js'
import { aclsReal, aclsRefused, aclsRenamed } from './xattr-names.js'

/** Where a model keeps ownership, and attributes of guests. */
interface Kept {
  readonly ownership: StoredForm
  readonly xattrs: XattrNames
}

const kept = {
  'mapped-xattr': { ownership: 'xattr', xattrs: aclsRenamed },
  'mapped-file': { ownership: 'sidecar', xattrs: aclsReal },
  passthrough: { ownership: 'inode', xattrs: aclsReal },
  none: { ownership: 'inode', xattrs: aclsRefused },
} as const satisfies Record<string, Kept>

export type SecurityModel = keyof typeof kept

/** The models, in the order in which they are listed to users. */
export const securityModels = Object.keys(kept) as SecurityModel[]

/** Other names that QEMU takes for a model. */
export const modelAliases: Readonly<Record<string, SecurityModel>> = { mapped: 'mapped-xattr' }

/** The model that `text` names, by itself or by an alias; undefined where it names none. */
export function securityModelOf(text: string): SecurityModel | undefined {
  const alias = Object.hasOwn(modelAliases, text) ? modelAliases[text] : undefined
  return alias ?? securityModels.find((model) => model === text)
}

/** Where a model keeps ownership. */
export const formOf = (model: SecurityModel): StoredForm => kept[model].ownership

/** Which host attribute a model keeps a guest's attribute in. */
export const xattrNamesOf = (model: SecurityModel): XattrNames => kept[model].xattrs

/** The model to name for a tree whose ownership is kept as `form`; of those that keep it alike, the first. */
export const modelKeptAs = (form: StoredForm): SecurityModel =>
  securityModels.find((model) => kept[model].ownership === form)!
