// Paths as bytes, taken apart and put together. Pure.

/** The components of a path, "." and ".." included. A trailing slash asks for a directory, which "." does too. */
export function componentsOf(path: string): string[] {
  const components = path.split('/').filter((component) => component !== '')
  if (path.endsWith('/') && components.length > 0) components.push('.')
  return components
}

export const join = (directory: string, name: string): string => `${directory === '/' ? '' : directory}/${name}`

/** What is at `path` below a directory is called, the directory being called `label`; '' is the directory itself. */
export const pathBelow = (label: string, path: string): string =>
  path === '' ? label : join(label.replace(/(?<=.)\/+$/, ''), path)

/** The directory above a real path; that of "/" is "/". */
export const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/'

/** A real path's directories from "/" down, itself included. */
export function prefixesOf(path: string): string[] {
  const prefixes = ['/']
  for (const component of componentsOf(path)) prefixes.push(join(prefixes.at(-1) ?? '/', component))
  return prefixes
}

/** What is left of a real path below the directory `root`; undefined where it lies elsewhere. */
export function below(path: string, root: string): string | undefined {
  if (root === '/') return path
  return path === root || path.startsWith(`${root}/`) ? path.slice(root.length) : undefined
}
