// Where a server listens that was not told where: a socket named after its tree, in a directory of the user's own.
// Nothing here touches the tree.

import { lstatSync, mkdirSync, rmdirSync, type Stats, statSync } from 'node:fs'
import { basename, isAbsolute, join, resolve } from 'node:path'
import { type ListenAddress, UsageError } from '../../src/index.js'

const OWNER_ONLY = 0o700
const WRITABLE_BY_OTHERS = 0o022
const SUFFIX = '.sock'
/** sun_path of struct sockaddr_un (include/uapi/linux/un.h), less its NUL. */
const SOCKET_PATH_MAX = 107

/** Who is asking, and what the environment says. */
export interface Surroundings {
  readonly uid: number
  readonly runtimeDirectory: string | undefined
  readonly temporaryDirectory: string
}

/** The address, and how to take back what was made for it, should nobody come to listen there. */
export interface DefaultAddress {
  readonly address: ListenAddress
  readonly discard: () => void
}

/**
 * Chooses `$XDG_RUNTIME_DIR/virtfs/NAME.sock`, or `/tmp/virtfs-UID/NAME.sock` where there is no such directory, NAME
 * being the tree's. Makes the directory, or makes sure that it is ours: in /tmp anybody may have planted one, or a
 * symlink, to get at what we serve.
 */
export function defaultAddress(
  tree: string,
  { uid, runtimeDirectory, temporaryDirectory }: Surroundings,
): DefaultAddress {
  const directory =
    runtimeDirectory !== undefined && isOwnDirectory(runtimeDirectory, uid)
      ? join(runtimeDirectory, 'virtfs')
      : join(temporaryDirectory, `virtfs-${uid}`)
  const path = socketPath(directory, tree)
  const isNew = makeDirectory(directory, uid)
  return {
    address: { kind: 'unix', path },
    discard: () => {
      if (isNew) discardDirectory(directory)
    },
  }
}

/** The environment may name a directory that is gone, or under sudo somebody else's. */
function isOwnDirectory(path: string, uid: number): boolean {
  const stat = isAbsolute(path) ? statSync(path, { throwIfNoEntry: false }) : undefined
  return stat?.isDirectory() === true && stat.uid === uid
}

/** The tree's base name, in characters that no shell minds, cut so that the whole path fits a socket address. */
function socketPath(directory: string, tree: string): string {
  const room = SOCKET_PATH_MAX - Buffer.byteLength(join(directory, SUFFIX))
  const name = basename(resolve(tree))
    .replaceAll(/[^A-Za-z0-9._-]+/g, '_')
    .replace(/^[.-]+/, '')
    .slice(0, Math.max(0, room))
  if (room < 1) refuse(directory, 'ENAMETOOLONG', 'choose a shorter path with --listen unix:PATH')
  return join(directory, `${name === '' ? 'root'.slice(0, room) : name}${SUFFIX}`)
}

function makeDirectory(directory: string, uid: number): boolean {
  let isNew = true
  try {
    mkdirSync(directory, { mode: OWNER_ONLY })
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'EIO'
    if (code !== 'EEXIST') refuse(directory, code, 'it cannot be made; choose another place with --listen unix:PATH')
    isNew = false
  }
  const stat = lstatSync(directory)
  const fault = faultOf(stat, uid)
  if (fault !== undefined)
    refuse(directory, 'EPERM', `${fault}; remove it, or choose another place with --listen unix:PATH`)
  return isNew
}

function faultOf(stat: Stats, uid: number): string | undefined {
  if (stat.isSymbolicLink()) return 'it is a symlink'
  if (!stat.isDirectory()) return 'it is no directory'
  if (stat.uid !== uid) return `it belongs to uid ${stat.uid}`
  return (stat.mode & WRITABLE_BY_OTHERS) === 0 ? undefined : 'others may write to it'
}

function refuse(directory: string, code: string, why: string): never {
  throw new UsageError(`Cannot listen in "${directory}": ${code} (${why})`)
}

function discardDirectory(directory: string): void {
  try {
    rmdirSync(directory)
  } catch {
    // Another server has put its socket there meanwhile: the directory is theirs too.
  }
}
