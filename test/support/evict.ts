// Making the host forget what it keeps in memory of a file.

import { execFileSync } from 'node:child_process'
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { projectRoot } from './guest/project.js'

const PAGE = 4096

/** Node has no posix_fadvise, so a process of its own asks libc for it. POSIX_FADV_DONTNEED is 4. */
const script = `
  const { openSync } = await import('node:fs')
  const { default: koffi } = await import('koffi')
  const [path, offset] = process.argv.slice(1)
  const advise = koffi.load(null).func('int posix_fadvise(int fd, int64_t offset, int64_t length, int advice)')
  process.exitCode = advise(openSync(Buffer.from(path, 'hex'), 'r'), Number(offset), 0, 4)`

/**
 * Writes a file of which only the first `cachedPages` pages are in memory afterwards. On a file system that lives in
 * memory all of it is.
 */
export function writePartlyCached(path: Buffer, pages: readonly Buffer[], cachedPages: number): void {
  const file = openSync(path, 'w')
  // Page by page: what is written at once the host may keep, and forget, at once.
  pages.forEach((page, index) => writeSync(file, page, 0, PAGE, index * PAGE))
  fsyncSync(file)
  closeSync(file)
  const args = ['--input-type=module', '-e', script, '--', path.toString('hex'), String(cachedPages * PAGE)]
  execFileSync(process.execPath, args, { cwd: projectRoot })
}
