// Which other processes have something of a tree open, as far as /proc shows them: a QEMU, a virtiofsd, whoever writes into
// a file. A working directory in the tree keeps nobody from anything and does not count.

import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { hostStatOf } from '../host/stat-by-node.js'
import { printable } from '../printable.js'
import type { Fd } from '../sys/fd.js'
import { mounts } from '../sys/mounts.js'
import { currentPath } from '../sys/open.js'
import { statx } from '../sys/stat.js'
import { isWithin, type Located, locatedIn, type Place, placesOf } from './places.js'

export interface Opener {
  readonly pid: number
  /** The program's name, printable. */
  readonly command: string
  /** What it has open, where that process sees it (Latin-1 bytes). */
  readonly path: string
}

/** More are as good as many. */
const MOST = 100

/**
 * The first `limit` processes, this one left out, that have an open descriptor of the tree's root or of anything below.
 * Processes that may not be looked at, or end meanwhile, are passed over.
 */
export function openersOf(tree: Fd, limit = MOST): Opener[] {
  const search = new Search(tree)
  const found: Opener[] = []
  for (const pid of processes()) {
    const path = search.openIn(pid)
    if (path === undefined) continue
    found.push({ pid, command: commandOf(pid), path })
    if (found.length === limit) break
  }
  return found
}

/** Numbers of all other processes. */
function* processes(): Generator<number> {
  const own = ifShown(() => readlinkSync('/proc/self', 'latin1'))
  for (const name of readdirSync('/proc')) if (/^\d+$/.test(name) && name !== own) yield Number(name)
}

const commandOf = (pid: number): string =>
  printable(ifShown(() => readFileSync(`/proc/${pid}/comm`, 'latin1'))?.replace(/\n$/, '') ?? '?')

/** What `look` finds in /proc; undefined where it is not for us, or not there any more. */
function ifShown<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch (cause) {
    if (cause instanceof Error && 'syscall' in cause) return undefined
    throw cause
  }
}

class Search {
  private readonly ino: bigint
  private readonly dev: number
  /** The tree's path for this process's mount namespace; file systems that are mounted inside are part of it there. */
  private readonly path: string | undefined
  private readonly located: Located | undefined
  private readonly namespace = namespaceOf('self')
  /** Where else the tree is seen, by what tells processes' tables of mounts apart. */
  private readonly places = new Map<string, readonly Place[]>()

  constructor(tree: Fd) {
    const { dev, ino } = statx(tree)
    this.dev = dev
    this.ino = ino
    this.path = currentPath(tree)
    const id = numberIn(infoOf('self', String(tree.number)), 'mnt_id')
    const mount = mounts().find((one) => one.id === id)
    this.located = mount && this.path !== undefined ? locatedIn(mount, this.path) : undefined
  }

  /** The first thing of the tree that the process has open; undefined when there is nothing. */
  openIn(pid: number): string | undefined {
    const numbers = ifShown(() => readdirSync(`/proc/${pid}/fd`)) ?? []
    if (numbers.length === 0) return undefined
    const namespace = namespaceOf(pid)
    const places = this.placesFor(pid, namespace)
    const own = namespace === this.namespace ? this.path : undefined
    for (const number of numbers) {
      const path = ifShown(() => readlinkSync(`/proc/${pid}/fd/${number}`, 'latin1'))
      // Sockets, pipes and the like have no path.
      if (!path?.startsWith('/')) continue
      if (own !== undefined && isWithin(path, own)) return path
      const info = infoOf(pid, number)
      const mount = numberIn(info, 'mnt_id')
      if (places.some((place) => place.mount === mount && isWithin(path, place.path))) return path
      if (this.isRoot(pid, number, info)) return path
    }
    return undefined
  }

  private placesFor(pid: number, namespace: string | undefined): readonly Place[] {
    if (this.located === undefined) return []
    // Who has another root directory is told of mounts by other paths.
    const key = `${namespace} ${ifShown(() => readlinkSync(`/proc/${pid}/root`, 'latin1'))}`
    let places = this.places.get(key)
    if (places === undefined) {
      places = placesOf(this.located, mounts(pid))
      this.places.set(key, places)
    }
    return places
  }

  /** True for the tree's root itself, whatever its path: QEMU and virtiofsd hold that. */
  private isRoot(pid: number, number: string, info: string): boolean {
    // stat(2) waits for a file server that does not answer; fdinfo, on kernels from 5.14 on, tells of most that it is needless.
    const ino = numberIn(info, 'ino')
    if (ino !== undefined && ino !== Number(this.ino)) return false
    const stat = ifShown(() => hostStatOf(statSync(`/proc/${pid}/fd/${number}`, { bigint: true })))
    return stat !== undefined && stat.ino === this.ino && stat.dev === this.dev
  }
}

const namespaceOf = (process: number | 'self'): string | undefined =>
  ifShown(() => readlinkSync(`/proc/${process}/ns/mnt`, 'latin1'))

const infoOf = (process: number | 'self', number: string): string =>
  ifShown(() => readFileSync(`/proc/${process}/fdinfo/${number}`, 'latin1')) ?? ''

function numberIn(info: string, name: string): number | undefined {
  const digits = new RegExp(`^${name}:\\s*(\\d+)$`, 'm').exec(info)?.[1]
  return digits === undefined ? undefined : Number(digits)
}
