// File systems of the test's own, mounted where it says. Needs root and the permission to mount.

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Mounts an empty tmpfs on `path`, which is made; dispose unmounts it, whoever has files open there. */
export function mountTmpfs(path: string): Disposable {
  mkdirSync(path, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'virtfs-test', path])
  return { [Symbol.dispose]: () => void execFileSync('umount', ['-l', path]) }
}

/** Mounts an ext4 image of the test's own on `path`, which is made. Two images may have one UUID, as copies do. */
export function mountExt4(path: string, uuid: string): Disposable {
  const directory = mkdtempSync(join(tmpdir(), 'virtfs-image-'))
  const image = join(directory, 'image')
  const remove = (): void => rmSync(directory, { recursive: true })
  try {
    mkdirSync(path, { recursive: true })
    execFileSync('truncate', ['-s', '4M', image])
    execFileSync('mkfs.ext4', ['-q', '-U', uuid, image], {
      env: { ...process.env, PATH: `${process.env['PATH']}:/sbin:/usr/sbin` },
    })
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

/** True where this process may mount. */
export const canMount = ((): boolean => {
  if (process.getuid?.() !== 0) return false
  const probe = mkdtempSync(join(tmpdir(), 'virtfs-probe-'))
  const isMounted = spawnSync('mount', ['-t', 'tmpfs', 'virtfs-test', probe]).status === 0
  if (isMounted) spawnSync('umount', [probe])
  rmSync(probe, { recursive: true })
  return isMounted
})()
