// A QEMU that runs no guest: its CPU never starts, and we poke its virtio-9p device through qtest as a driver would.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Duplex, Readable } from 'node:stream'
import { which } from '../guest/requirements.js'
import type { HostUser, VirtfsExport } from '../guest/qemu.js'

/** A QEMU that has been started. */
export interface QtestMachine {
  readonly process: ChildProcess
  /** Carries the qtest protocol. */
  readonly channel: Duplex
  /** What QEMU complains about: the only place where it tells that it gave up a device. */
  readonly complaints: Readable
  /** Resolves with how the process ended. */
  readonly ended: Promise<string>
}

/** An export without a tag: nobody mounts it. */
export type QtestExport = Omit<VirtfsExport, 'tag'>

/** Number of the descriptor that QEMU inherits. */
const CHANNEL = 3
/** The device's place on the PCI bus. */
export const SLOT = 4

const live = new Set<ChildProcess>()
process.once('exit', () => live.forEach((child) => child.kill('SIGKILL')))

function machineArguments({ path, securityModel, options }: QtestExport): string[] {
  const export_ = `local,id=fs,path=${path.replaceAll(',', ',,')},security_model=${securityModel}`
  return [
    ...['-nodefaults', '-no-user-config', '-display', 'none'],
    // -accel qtest is not built into every QEMU; a CPU that is never started does as well. With ioeventfd a kick would
    // take a turn of QEMU's main loop more.
    ...['-machine', 'pc', '-accel', 'tcg', '-S', '-m', '32'],
    ...['-chardev', `socket,id=qtest,fd=${CHANNEL}`, '-qtest', 'chardev:qtest', '-qtest-log', '/dev/null'],
    ...['-fsdev', options === undefined ? export_ : `${export_},${options}`],
    ...['-device', `virtio-9p-pci,fsdev=fs,mount_tag=oracle,disable-modern=on,addr=${SLOT},ioeventfd=off`],
  ]
}

/** Starts QEMU with one export. It dies with this process, however this process ends. */
export function startMachine(qemu: string, exported: QtestExport, user: HostUser | undefined): QtestMachine {
  const setpriv = which('setpriv')
  const [program, ...before] = setpriv === undefined ? [qemu] : [setpriv, '--pdeathsig', 'KILL', qemu]
  const child = spawn(program, [...before, ...machineArguments(exported)], {
    // Node makes a socket pair of a pipe, so the channel needs no name in any file system.
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    ...user,
    cwd: '/',
  })
  live.add(child)
  const ended = once(child, 'exit').then(
    () => {
      live.delete(child)
      return child.signalCode === null ? `QEMU exited with ${child.exitCode}` : `QEMU was ended by ${child.signalCode}`
    },
    (cause: Error) => `QEMU did not start: ${cause.message}`,
  )
  return { process: child, channel: child.stdio[CHANNEL] as Duplex, complaints: child.stderr!, ended }
}
