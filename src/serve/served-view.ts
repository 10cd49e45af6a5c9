// The view that a connection's guest gets: the tree, with what the export's options change laid over it.

import type { Model } from '../ownership/store.js'
import type { Fd } from '../sys/fd.js'
import type { DescriptorBudget } from '../view/descriptor-budget.js'
import { readOnly } from '../view/read-only.js'
import { translateIds } from '../view/translated-ids.js'
import { type GuestView, openView } from '../view/view.js'
import { writeOutImmediately } from '../view/write-out.js'
import type { ViewSettings } from './connection-settings.js'

/** Opens a view of `tree`, which stays the caller's. */
export function openServedView(tree: Fd, model: Model, budget: DescriptorBudget, settings: ViewSettings): GuestView {
  const { ids, writesOut, isReadOnly } = settings
  const translated = translateIds(openView(tree, model, budget), ids)
  const written = writesOut ? writeOutImmediately(translated) : translated
  return isReadOnly ? readOnly(written) : written
}
