// Running this project as a user of the host without privilege, as a server of mapped trees is meant to be run, also
// when the checkout or node itself lies where only root can go.

import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, constants, copyFileSync, cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { projectRoot } from './project.js'
import { removeTree } from '../../../fixtures/remove-tree.js'
import type { HostUser } from './qemu.js'

/** For spawn: nobody when the tests run as root, and otherwise simply the user who runs them. */
export const unprivileged: HostUser = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}

/** The project, built, where `unprivileged` can run it. Dispose removes a copy that had to be made. */
export interface ReachableProject extends Disposable {
  /** The directory that holds bin/, dist/ and package.json. */
  readonly root: string
  /** The node to run it with. */
  readonly node: string
  /** Options for spawn: the user, and a directory that this user may be in. */
  readonly spawnOptions: HostUser & { readonly cwd: string }
}

/** Returns the checkout itself where its build can be read by `unprivileged`, or else a copy in a temporary directory. */
export function reachableProject({ mustCopy = false } = {}): ReachableProject {
  const spawnOptions = { ...unprivileged, cwd: '/' }
  if (!mustCopy && canRun(process.execPath) && canRead(process.execPath, projectRoot)) {
    return { root: projectRoot, node: process.execPath, spawnOptions, [Symbol.dispose]: () => {} }
  }
  const copy = mkdtempSync(join(tmpdir(), 'virtfs-project-'))
  const remove = (): void => rmSync(copy, { recursive: true, force: true })
  try {
    copyProject(copy)
    const node = canRun(process.execPath) ? process.execPath : join(copy, 'node')
    if (node !== process.execPath) copyFileSync(process.execPath, node, constants.COPYFILE_FICLONE)
    // A checkout made under a strict umask is unreadable to others in every file.
    execFileSync('chmod', ['-R', 'a+rX', copy])
    return { root: copy, node, spawnOptions, [Symbol.dispose]: remove }
  } catch (cause) {
    remove()
    throw cause
  }
}

/** Makes a temporary directory that `unprivileged` owns; dispose removes it and all below. */
export function directoryOfUnprivileged(prefix = 'virtfs-tree-'): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), prefix))
  chmodSync(path, 0o755)
  if (unprivileged.uid !== undefined && unprivileged.gid !== undefined) {
    chownSync(path, unprivileged.uid, unprivileged.gid)
  }
  return { path, [Symbol.dispose]: () => removeTree(path) }
}

/** Runs `body` in this process with the effective ids of `unprivileged`; only paths that this user can reach work in it. */
export function asUnprivileged(body: () => void): void {
  const { uid, gid } = unprivileged
  if (uid === undefined || gid === undefined) return body()
  process.setegid?.(gid)
  process.seteuid?.(uid)
  try {
    body()
  } finally {
    process.seteuid?.(0)
    process.setegid?.(0)
  }
}

function canRun(node: string): boolean {
  return spawnSync(node, ['--version'], { ...unprivileged, cwd: '/' }).status === 0
}

/** Tries each kind of file that a run reads: the package, the program, the build, a dependency with its native part. */
function canRead(node: string, root: string): boolean {
  const needed = ['package.json', 'bin', 'dist', 'node_modules/koffi/package.json'].map((path) => join(root, path))
  const script = 'for (const path of process.argv.slice(1)) require("fs").accessSync(path, 4)'
  return spawnSync(node, ['-e', script, '--', ...needed], { ...unprivileged, cwd: '/' }).status === 0
}

/** Copies what a run needs: the package, its programs and build, and the dependencies of its dependencies. */
function copyProject(target: string): void {
  const packages = new Set<string>()
  collectDependencies(projectRoot, packages)
  const parts = ['package.json', 'oclif.manifest.json', 'bin', 'dist', 'fixtures'].map((part) =>
    join(projectRoot, part),
  )
  for (const path of [...parts, ...packages]) {
    if (!existsSync(path)) continue
    const to = join(target, relative(projectRoot, path))
    cpSync(path, to, { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE })
  }
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** Adds the directories of all packages that `directory` needs at run time; those not installed are optional. */
function collectDependencies(directory: string, found: Set<string>): void {
  const manifest = createRequire(join(directory, 'package.json'))('./package.json') as Manifest
  for (const name of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
    const installed = findPackage(directory, name)
    if (installed === undefined || found.has(installed)) continue
    found.add(installed)
    collectDependencies(installed, found)
  }
}

/** Looks for a package as node does: in node_modules beside the asking package, then further up to the project. */
function findPackage(directory: string, name: string): string | undefined {
  const candidate = join(directory, 'node_modules', name)
  if (existsSync(candidate)) return candidate
  return directory === projectRoot ? undefined : findPackage(dirname(directory), name)
}
