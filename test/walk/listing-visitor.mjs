// A visitor that lists what it sees as `find -mindepth 1 -printf '%P\0'` does; "PATH: ERRNO" is what could not be walked.
// Options: `isBrief` lists last components ('%f\0'); `onVisit` is called with each path, after its stat was taken;
// `mishap` says what happens at a path, or at the first one that a thread besides the main one comes to.

import { Buffer } from 'node:buffer'
import { isMainThread } from 'node:worker_threads'

const S_IFMT = 0o170000
const S_IFDIR = 0o040000

const mishaps = {
  throws: () => {
    throw new RangeError('thrown on purpose')
  },
  exits: () => process.exit(3),
  'runs out of memory': () => {
    const hoard = []
    for (;;) hoard.push(new Array(1000).fill(0).map((_, index) => ({ index })))
  },
}

export function createVisitor({ isBrief = false, onVisit, mishap } = {}) {
  let listed = []
  let held = 0
  const list = (line) => {
    listed.push(line)
    held += line.length + 1
  }
  return {
    get held() {
      return held
    },
    entered: 0,
    mostEntered: 0,
    enter() {
      this.entered += 1
      this.mostEntered = Math.max(this.mostEntered, this.entered)
    },
    leave() {
      this.entered -= 1
    },
    visit(directory, name, path) {
      const stat = directory.stat(name)
      if (stat === undefined) return undefined
      list(isBrief ? name : path)
      onVisit?.(path)
      if (mishap !== undefined && (mishap.path === undefined ? !isMainThread : path === mishap.path))
        mishaps[mishap.what]()
      return (stat.mode & S_IFMT) === S_IFDIR ? stat : undefined
    },
    failed(path, error) {
      list(`${path}: ${error.code}`)
    },
    take() {
      if (listed.length === 0) return undefined
      const bytes = Buffer.from(new Uint8Array(held).buffer)
      bytes.write(`${listed.join('\0')}\0`, 'latin1')
      listed = []
      held = 0
      return { result: new Uint8Array(bytes.buffer), bytes: bytes.length, transfer: [bytes.buffer] }
    },
  }
}
