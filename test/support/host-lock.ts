// Another process of the host that tries a lock of fcntl(2): whether it may, and nothing more.

import { execFileSync } from 'node:child_process'
import { projectRoot } from './guest/project.js'

/** struct flock of 64-bit Linux; Node has no fcntl, so the process asks libc as we do. */
const script = `
  const { openSync } = await import('node:fs')
  const { default: koffi } = await import('koffi')
  const [path, start, length] = process.argv.slice(1)
  const flock = Buffer.alloc(32)
  flock.writeInt16LE(1, 0)
  flock.writeBigInt64LE(BigInt(start), 8)
  flock.writeBigInt64LE(BigInt(length), 16)
  const fcntl = koffi.load(null).func('int fcntl(int fd, int command, void *flock)')
  const F_SETLK = 6
  const file = openSync(Buffer.from(path, 'hex'), 'r+')
  console.log(fcntl(file, F_SETLK, flock) === 0 ? 'locked' : 'refused')`

/** True when a process of the host can take a write lock on the range, which it gives back by ending. */
export function hostMayLock(path: Buffer, start: number, length: number): boolean {
  const args = ['--input-type=module', '-e', script, '--', path.toString('hex'), String(start), String(length)]
  return execFileSync(process.execPath, args, { cwd: projectRoot, encoding: 'utf8' }).trim() === 'locked'
}
