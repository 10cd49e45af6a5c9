// Reports on everything below a directory, as bytes.

import type { Inspector, WalkPurpose } from './inspector.js'
import type { Rendered, RendererSource } from './rendering-visitor.js'

/** Renders what is below a directory, in the order of the walk; each entry is called by `path` and its way from there. */
export const renderBelow = (
  inspector: Inspector,
  path: string,
  renderer: RendererSource,
  purpose: Pick<WalkPurpose, 'rules' | 'isOneFileSystem' | 'jobs' | 'progress'>,
): AsyncGenerator<Rendered> =>
  inspector.below<Rendered>(path, {
    ...purpose,
    visitor: new URL('./rendering-visitor.js', import.meta.url).href,
    options: { renderer, label: path },
  })
