// What the guest suite needs of the machine. provision.sh fetches it where it can; this only looks.

import { accessSync, constants, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { guestCache } from './project.js'

const programs = {
  qemu: ['qemu-system-x86_64', 'qemu-system-x86'],
  busybox: ['busybox', 'busybox-static'],
  getfattr: ['getfattr', 'attr'],
  setfattr: ['setfattr', 'attr'],
  getfacl: ['getfacl', 'acl'],
  setfacl: ['setfacl', 'acl'],
  ls: ['ls', 'coreutils'],
  modprobe: ['modprobe', 'kmod'],
  perl: ['perl', 'perl-base'],
  df: ['df', 'coreutils'],
  du: ['du', 'coreutils'],
  find: ['find', 'findutils'],
  ldd: ['ldd', 'libc-bin'],
  xz: ['xz', 'xz-utils'],
} as const
export type GuestProgram = keyof typeof programs

/** A kernel package, unpacked but not installed. */
export interface UnpackedKernel {
  /** The release, as `uname -r` will print it. */
  readonly release: string
  readonly image: string
  /** The directory above lib/modules. */
  readonly base: string
}

/** Absolute paths of the programs found, and the kernel to boot. */
export interface GuestTools {
  readonly programs: Readonly<Record<GuestProgram, string>>
  readonly kernel: UnpackedKernel
}

/** Finds a program as a root shell would, with the sbin directories even where PATH lacks them. */
export function which(program: string): string | undefined {
  const directories = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin', '/usr/bin', '/bin']
  return directories.map((directory) => join(directory, program)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function findKernel(): UnpackedKernel | undefined {
  const base = join(guestCache, 'kernel')
  const boot = join(base, 'boot')
  if (!existsSync(boot)) return undefined
  const release = readdirSync(boot)
    .find((name) => name.startsWith('vmlinuz-'))
    ?.slice('vmlinuz-'.length)
  return release === undefined ? undefined : { release, image: join(boot, `vmlinuz-${release}`), base }
}

/** Returns the tools, or one phrase for each thing that is missing. */
export function findGuestTools(): { readonly tools: GuestTools } | { readonly missing: readonly string[] } {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return { missing: [`an x86-64 Linux machine (this is ${process.arch} ${process.platform})`] }
  }
  const missing: string[] = []
  const found: Partial<Record<GuestProgram, string>> = {}
  for (const [key, [program, debianPackage]] of Object.entries(programs)) {
    const path = which(program)
    if (path === undefined) missing.push(`${program} (Debian package ${debianPackage})`)
    else found[key as GuestProgram] = path
  }
  const kernel = findKernel()
  if (kernel === undefined) missing.push('a kernel in .cache/guest/kernel (test/support/guest/provision.sh fetches it)')
  if (missing.length > 0 || kernel === undefined) return { missing }
  return { tools: { programs: found as Record<GuestProgram, string>, kernel } }
}

/** Returns the tools, or throws with all that is missing. */
export function requireGuestTools(): GuestTools {
  const result = findGuestTools()
  if ('missing' in result) throw new Error(`Cannot run a guest: missing ${result.missing.join(', ')}`)
  return result.tools
}
