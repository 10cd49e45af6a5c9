// Starting QEMU for one guest: which machine, and how host and guest are connected.

import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import type { Duplex } from 'node:stream'
import type { GuestImage } from './image.js'

/** One `-virtfs local` export. The guest mounts it by `tag` over virtio. */
export interface VirtfsExport {
  readonly path: string
  readonly securityModel: 'mapped-xattr' | 'mapped-file' | 'passthrough' | 'none'
  readonly tag: string
  /** More of -fsdev's options, as QEMU spells them: `readonly=on`, `fmode=0640`. */
  readonly options?: string
}

/** What a virtiofsd serves at the unix socket `socket`. The guest mounts it by `tag`. */
export interface VirtiofsDevice {
  readonly socket: string
  readonly tag: string
}

/** A user of the host to run as; absent members mean the user who runs the tests. */
export interface HostUser {
  readonly uid?: number
  readonly gid?: number
}

export interface MachineOptions {
  /** Directories that QEMU itself exports over virtio. */
  readonly virtfs?: readonly VirtfsExport[]
  readonly virtiofs?: readonly VirtiofsDevice[]
  /** A network card on QEMU's user network, where the host's 127.0.0.1 is 10.0.2.2. Default true. */
  readonly network?: boolean
  /** The guest's memory, in MiB. Default 512. */
  readonly memoryMiB?: number
  /** The user QEMU runs as: with the mapped models, the one who will own what the guest makes. */
  readonly user?: HostUser
}

/** A QEMU that has been started, and the channel to the agent in its guest. */
export interface Machine {
  readonly process: ChildProcess
  readonly channel: Duplex
}

/** A comma inside an option's value is written twice. */
const escaped = (value: string): string => value.replaceAll(',', ',,')

/** Numbers of the descriptors that QEMU inherits: the channel, and files that its user might not reach by path. */
const CHANNEL = 3
const KERNEL = 4
const INITRAMFS = 5

/** panic and oops end QEMU (with -no-reboot), so that they are noticed at once. */
const kernelCommandLine = 'console=ttyS0 panic=-1 oops=panic nokaslr mitigations=off tsc=reliable no_timer_check'

function machineArguments(options: MachineOptions): string[] {
  const { virtfs = [], virtiofs = [], network = true, memoryMiB = 512 } = options
  const isShared = virtiofs.length > 0
  return [
    ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none', '-serial', 'stdio'],
    // A virtiofsd works in the guest's memory.
    ...(isShared ? ['-object', `memory-backend-memfd,id=memory,share=on,size=${memoryMiB}M`] : []),
    ...[
      '-machine',
      isShared ? 'q35,memory-backend=memory' : 'q35',
      '-accel',
      'tcg',
      '-cpu',
      'max',
      '-m',
      String(memoryMiB),
    ],
    ...['-kernel', `/proc/self/fd/${KERNEL}`, '-initrd', `/proc/self/fd/${INITRAMFS}`, '-append', kernelCommandLine],
    ...['-device', 'virtio-serial-pci', '-chardev', `socket,id=channel,fd=${CHANNEL}`],
    ...['-device', 'virtserialport,chardev=channel,nr=1'],
    ...(network ? ['-netdev', 'user,id=net,ipv6=off', '-device', 'virtio-net-pci,netdev=net,romfile='] : []),
    ...virtfs.flatMap(({ path, securityModel, tag, options }, index) => [
      '-fsdev',
      `local,id=fs${index},path=${escaped(path)},security_model=${securityModel}${options ? `,${options}` : ''}`,
      '-device',
      `virtio-9p-pci,fsdev=fs${index},mount_tag=${escaped(tag)}`,
    ]),
    ...virtiofs.flatMap(({ socket, tag }, index) => [
      '-chardev',
      `socket,id=virtiofs${index},path=${escaped(socket)}`,
      '-device',
      `vhost-user-fs-pci,chardev=virtiofs${index},tag=${escaped(tag)}`,
    ]),
  ]
}

/** Starts QEMU with the guest's console, and its own complaints, going to the file `consoleLog`. */
export function startMachine(qemu: string, image: GuestImage, consoleLog: string, options: MachineOptions): Machine {
  const opened: number[] = []
  const open = (path: string, flags: string): number => {
    const fd = openSync(path, flags)
    opened.push(fd)
    return fd
  }
  try {
    const log = open(consoleLog, 'a')
    const child = spawn(qemu, machineArguments(options), {
      // Node makes a socket pair of a pipe, so the channel needs no name in any file system.
      stdio: ['ignore', log, log, 'pipe', open(image.kernel, 'r'), open(image.initramfs, 'r')],
      ...options.user,
      cwd: '/',
    })
    return { process: child, channel: child.stdio[CHANNEL] as Duplex }
  } finally {
    opened.forEach((fd) => closeSync(fd))
  }
}
