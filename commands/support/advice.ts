// What to do about an errno that looking at an object ended with.

import { ErrnoError, printable } from '../../src/index.js'

const ADVICE: Readonly<Record<string, string>> = {
  EACCES: "run as the tree's owner",
  EINVAL: 'the security model keeps its own records under that name; no guest sees them',
  EIO: 'the disk failed to read it; see the kernel log',
  ELOOP: 'its symlinks lead in a circle',
  ENAMETOOLONG: 'a name or a symlink on the way is too long',
  ENOENT: 'there is nothing of that name',
  ENOTDIR: 'a name on the way is no directory',
  EPERM: "run as the tree's owner",
  ESTALE: 'it was renamed or removed meanwhile; try again',
  EXDEV: 'it lies outside --root',
}

/** The line for an object to which something could not be done. `path` is bytes; `other` is advice for other actions. */
export function cannot(
  action: string,
  path: string,
  { code, context }: ErrnoError,
  other: Readonly<Record<string, string>> = {},
): string {
  const root = context['root']
  const advice = other[code] ?? ADVICE[code] ?? context.op
  const where = typeof root === 'string' && code === 'ENOENT' ? ` in the tree at "${printable(root)}"` : ''
  return `Cannot ${action} "${printable(path)}": ${code} (${advice}${where})`
}
