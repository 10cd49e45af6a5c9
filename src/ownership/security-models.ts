// The names of the security models, and where each keeps ownership. For those who look at trees, name a model or ask for
// one; what a model does is in models.ts.

import type { StoredForm } from './store.js'

const storedForms = {
  'mapped-xattr': 'xattr',
  'mapped-file': 'sidecar',
  passthrough: 'inode',
  none: 'inode',
} as const satisfies Record<string, StoredForm>

export type SecurityModel = keyof typeof storedForms

/** The models, in the order in which they are listed to users. */
export const securityModels = Object.keys(storedForms) as SecurityModel[]

/** Other names that QEMU takes for a model. */
export const modelAliases: Readonly<Record<string, SecurityModel>> = { mapped: 'mapped-xattr' }

/** The model that `text` names, by itself or by an alias; undefined where it names none. */
export function securityModelOf(text: string): SecurityModel | undefined {
  const alias = Object.hasOwn(modelAliases, text) ? modelAliases[text] : undefined
  return alias ?? securityModels.find((model) => model === text)
}

/** Where a model keeps ownership. */
export const formOf = (model: SecurityModel): StoredForm => storedForms[model]

/** The model to name for a tree whose ownership is kept as `form`; of those that keep it alike, the first. */
export const modelKeptAs = (form: StoredForm): SecurityModel =>
  securityModels.find((model) => storedForms[model] === form)!
