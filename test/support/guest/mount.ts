// Mounting 9P exports in a guest: those of a server on the host, and those of QEMU itself.

import type { Guest } from './guest.js'

export interface MountOptions {
  /** Bytes of a message, 4096 at least. Default 262,144. */
  readonly msize?: number
  /** As v9fs spells it: `9p2000.L`, the default, or `9p2000.u`. */
  readonly version?: string
  /** Who may use the mount: `client`, the default, checks permissions in the guest; 9p2000.u has `user` instead. */
  readonly access?: string
  /** Further options of mount(8), as v9fs spells them: `posixacl`, `cache=mmap`. */
  readonly options?: string
}

const optionsOf = (
  transport: string,
  { msize = 262_144, version = '9p2000.L', access = 'client', options }: MountOptions,
): string =>
  [`trans=${transport},version=${version},msize=${msize},access=${access}`, options].filter(Boolean).join(',')

/** Mounts what listens on 127.0.0.1:`port` of the host on the directory `at` of the guest, made if absent. */
export async function mountTcp(guest: Guest, { port }: { port: number }, at: string, options: MountOptions = {}) {
  await guest.check(`mkdir -p ${at} && mount -t 9p -o ${optionsOf(`tcp,port=${port}`, options)} 10.0.2.2 ${at}`)
}

/** Mounts QEMU's own export `tag` (see MachineOptions.virtfs) on the directory `at` of the guest, made if absent. */
export async function mountVirtfs(guest: Guest, tag: string, at: string, options: MountOptions = {}) {
  await guest.check(`mkdir -p ${at} && mount -t 9p -o ${optionsOf('virtio', options)} ${tag} ${at}`)
}

/** Unmounts; fails when something is still in use. */
export async function unmount(guest: Guest, ...directories: readonly string[]): Promise<void> {
  await guest.check(`umount ${directories.join(' ')}`)
}
