// virtiofsd, as libvirt starts it: QEMU 7.2's own, which Debian 12 has beside QEMU, or the later one, which takes these
// options too.

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const PROGRAM = ['/usr/lib/qemu/virtiofsd', '/usr/libexec/virtiofsd'].find((path) => existsSync(path))

/** What this machine lacks for it. It gives files to any user, as root only can. */
export const missingForVirtiofs: readonly string[] = [
  ...(PROGRAM === undefined ? ['virtiofsd (Debian package qemu-system-common or virtiofsd)'] : []),
  ...(process.getuid?.() === 0 ? [] : ['root']),
]

export class Virtiofsd implements Disposable {
  private readonly directory = mkdtempSync(join(tmpdir(), 'virtfs-virtiofsd-'))
  readonly socket = join(this.directory, 'socket')
  private readonly process: ChildProcess
  private readonly end = (): void => void this.process.kill('SIGTERM')

  private constructor(tree: string) {
    const options = [`--socket-path=${this.socket}`, '-o', `source=${tree}`]
    this.process = spawn(PROGRAM ?? 'virtiofsd', options, { stdio: ['ignore', 'ignore', 'ignore'] })
    process.once('exit', this.end)
  }

  /** Serves a directory to the one QEMU that connects. */
  static async start(tree: string): Promise<Virtiofsd> {
    const server = new Virtiofsd(tree)
    while (!existsSync(server.socket)) {
      if (server.process.exitCode !== null)
        throw new Error(`Cannot start virtiofsd: exit code ${server.process.exitCode}`)
      await sleep(20)
    }
    return server
  }

  [Symbol.dispose](): void {
    this.end()
    process.off('exit', this.end)
    rmSync(this.directory, { recursive: true, force: true })
  }
}
