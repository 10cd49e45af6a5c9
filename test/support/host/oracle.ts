// Attributes as somebody else reads them: getfattr, or else fs-xattr, neither of which shares code with ours.

import { execFileSync, spawnSync } from 'node:child_process'

interface FsXattr {
  getAttributeSync(path: string, name: string): Buffer
  listAttributesSync(path: string): string[]
}

const hasGetfattr = spawnSync('getfattr', ['--version']).status === 0
const fsXattr = hasGetfattr ? undefined : await loadFsXattr()

async function loadFsXattr(): Promise<FsXattr> {
  const name = 'fs-xattr'
  try {
    return (await import(name)) as FsXattr
  } catch (cause) {
    throw new Error('Cannot check attributes: neither getfattr (Debian package attr) nor fs-xattr is there', { cause })
  }
}

/** All attributes of the object at `path`, never following a symlink, as hexadecimal digits by name. */
export function attributesAt(path: string): Record<string, string> {
  if (fsXattr !== undefined) {
    const names = fsXattr.listAttributesSync(path).sort()
    return Object.fromEntries(names.map((name) => [name, fsXattr.getAttributeSync(path, name).toString('hex')]))
  }
  const args = ['--absolute-names', '--no-dereference', '-d', '-m', '-', '-e', 'hex', '--', path]
  const lines = execFileSync('getfattr', args, { encoding: 'latin1' }).split('\n').slice(1)
  const pairs = lines.flatMap((line) => {
    const [, name, hex = ''] = /^([^=]+)(?:=(?:0x([0-9a-f]*)|""))?$/.exec(line) ?? []
    return name === undefined ? [] : [[name, hex] as const]
  })
  return Object.fromEntries(pairs.sort(([a], [b]) => (a < b ? -1 : 1)))
}
