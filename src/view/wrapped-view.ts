// Views of views: what an export's options change is a wrapper around what stays.

import type { GuestView } from './view.js'

/** The view with some of its operations replaced. Disposing of it disposes of what it wraps. */
export const wrapView = (view: GuestView, replaced: Partial<GuestView>): GuestView =>
  Object.assign(Object.create(view) as GuestView, replaced)
