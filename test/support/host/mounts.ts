// File systems of the test's own, mounted where it says. Needs root and the permission to mount.

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const withSystemPrograms = { ...process.env, PATH: `${process.env['PATH']}:/sbin:/usr/sbin` }

/** Mounts an empty tmpfs on `path`, which is made; dispose unmounts it, whoever has files open there. */
export function mountTmpfs(path: string): Disposable {
  mkdirSync(path, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'virtfs-test', path])
  return { [Symbol.dispose]: () => void execFileSync('umount', ['-l', path]) }
}

/** Mounts an ext4 image of the test's own on `path`, which is made. Two images may have one UUID, as copies do. */
export const mountExt4 = (path: string, uuid: string): Disposable =>
  mountImage(path, '4M', 'mkfs.ext4', ['-q', '-U', uuid])

/** Mounts an xfs image of the test's own, whose files can share what is in them, on `path`, which is made. */
export const mountXfs = (path: string): Disposable => mountImage(path, '320M', 'mkfs.xfs', ['-q', '-m', 'reflink=1'])

/** Mounts a new file system of so much room, made by a program that takes the image as its last argument. */
function mountImage(path: string, size: string, program: string, flags: readonly string[]): Disposable {
  const directory = mkdtempSync(join(tmpdir(), 'virtfs-image-'))
  const image = join(directory, 'image')
  const remove = (): void => rmSync(directory, { recursive: true })
  try {
    mkdirSync(path, { recursive: true })
    execFileSync('truncate', ['-s', size, image])
    execFileSync(program, [...flags, image], { env: withSystemPrograms })
    execFileSync('mount', ['-o', 'loop', image, path])
  } catch (cause) {
    remove()
    throw cause
  }
  return {
    [Symbol.dispose]: () => {
      execFileSync('umount', [path])
      remove()
    },
  }
}

/** True where this process may mount, and a program is there to make an xfs. */
export const canMountXfs = (): boolean =>
  canMount && spawnSync('mkfs.xfs', ['-V'], { env: withSystemPrograms }).status === 0

/** True where this process may mount. */
export const canMount = ((): boolean => {
  if (process.getuid?.() !== 0) return false
  const probe = mkdtempSync(join(tmpdir(), 'virtfs-probe-'))
  const isMounted = spawnSync('mount', ['-t', 'tmpfs', 'virtfs-test', probe]).status === 0
  if (isMounted) spawnSync('umount', [probe])
  rmSync(probe, { recursive: true })
  return isMounted
})()
