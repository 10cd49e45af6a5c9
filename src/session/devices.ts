// Objects of further file systems that are mounted inside an export: equal inode numbers of two file systems must not
// become equal qid.paths, or a guest takes two files for one (QEMU's multidevs; reference §3.5, §8 row 26).

import { createHash } from 'node:crypto'
import { ErrnoError } from '../errors.js'
import type { HostStat } from '../sys/stat.js'
import { mounts } from '../sys/mounts.js'

/** QEMU's three ways. */
export const multidevsPolicies = ['remap', 'forbid', 'warn'] as const
export type Multidevs = (typeof multidevsPolicies)[number]

/** How one export's inodes become qid.paths. */
export interface Devices {
  /** The qid.path of an object; may be refused with ENODEV. */
  pathOf(host: HostStat): bigint
  /** The same for the entry of a listing, which is shown even where its object is refused. */
  listedPathOf(host: HostStat): bigint
}

/** The export as far as its devices go. */
export interface ExportRoot {
  readonly dev: number
  /** Where the host says it is (Latin-1 bytes), asked when first needed. */
  readonly path: () => string | undefined
}

/** Chooses the way. `warn` is called at most once, with a line for the operator. */
export function devicesOf(policy: Multidevs, root: ExportRoot, warn: (line: string) => void): Devices {
  switch (policy) {
    case 'remap':
      return new RemappedDevices(root)
    case 'forbid':
      return new OneDevice(root)
    case 'warn':
      return new WarnedDevices(root, warn)
  }
}

/** Other devices are refused, and shown in listings only. */
class OneDevice implements Devices {
  constructor(private readonly root: ExportRoot) {}

  pathOf({ dev, ino }: HostStat): bigint {
    if (dev !== this.root.dev) throw new ErrnoError('ENODEV', { op: 'leave the file system of the export' })
    return ino
  }

  listedPathOf({ ino }: HostStat): bigint {
    return ino
  }
}

/** Inode numbers as they are, whatever device they are of. */
class WarnedDevices implements Devices {
  private isWarned = false

  constructor(
    private readonly root: ExportRoot,
    private readonly warn: (line: string) => void,
  ) {}

  pathOf({ dev, ino }: HostStat): bigint {
    if (dev !== this.root.dev && !this.isWarned) {
      this.isWarned = true
      this.warn('the export holds several file systems: files of different ones may look the same (--multidevs remap)')
    }
    return ino
  }

  listedPathOf(host: HostStat): bigint {
    return this.pathOf(host)
  }
}

const TAG_BITS = 15
const TAGS = (1 << TAG_BITS) - 1
const INODE_BITS = 48n
const FIRST_LARGE_INODE = 1n << INODE_BITS
const HASHED = 1n << 63n

/**
 * Bits 0 to 47 of a qid.path are the inode number, bits 48 to 62 say which device: 0 for the export's own, so that with
 * one file system a qid.path is the inode number, and otherwise a number made from the place where the device is mounted
 * inside the export. So they are the same after a restart, whatever is looked at first, and after a reboot, whatever
 * numbers the kernel gives to devices. Where two places give one number, the later one in their order takes the next.
 *
 * An inode number of more than 48 bits (overlayfs and FUSE file systems have such) does not fit: bit 63 is set then,
 * and the rest is a mixture of device and inode number, of which two are equal once in 2^63.
 */
class RemappedDevices implements Devices {
  private readonly tags = new Map<number, bigint>()
  private readonly taken = new Set<number>([0])

  constructor(private readonly root: ExportRoot) {
    this.tags.set(root.dev, 0n)
  }

  pathOf({ dev, ino }: HostStat): bigint {
    const tag = this.tags.get(dev) ?? this.learn(dev)
    if (ino < FIRST_LARGE_INODE) return tag === 0n ? ino : (tag << INODE_BITS) | ino
    return HASHED | mixed(ino ^ mixed(tag))
  }

  listedPathOf(host: HostStat): bigint {
    return this.pathOf(host)
  }

  /** Gives every device that is mounted inside the export its number by now, in the order of their places. */
  private learn(wanted: number): bigint {
    const top = this.root.path()
    const inside =
      top === undefined ? [] : mounts().filter(({ path }) => path.startsWith(top === '/' ? top : `${top}/`))
    for (const { dev, path } of inside.sort((a, b) => (a.path < b.path ? -1 : 1))) {
      if (!this.tags.has(dev)) this.assign(dev, path.slice(top!.length))
    }
    // A subvolume, say, which is no mount: by its number, which it keeps as long as its file system is mounted.
    return this.tags.get(wanted) ?? this.assign(wanted, `device ${wanted}`)
  }

  private assign(dev: number, place: string): bigint {
    let tag = (createHash('sha256').update(place, 'latin1').digest().readUInt32BE(0) % TAGS) + 1
    // With all numbers taken two devices share one: 32,767 file systems in one export are not to be expected.
    for (let tries = 0; this.taken.has(tag) && tries < TAGS; tries += 1) tag = (tag % TAGS) + 1
    this.taken.add(tag)
    this.tags.set(dev, BigInt(tag))
    return BigInt(tag)
  }
}

const word = (value: bigint): bigint => BigInt.asUintN(64, value)

/** The finalizer of splitmix64: one-to-one on 64 bits. */
function mixed(value: bigint): bigint {
  let z = word(value + 0x9e37_79b9_7f4a_7c15n)
  z = word((z ^ (z >> 30n)) * 0xbf58_476d_1ce4_e5b9n)
  z = word((z ^ (z >> 27n)) * 0x94d0_49bb_1331_11ebn)
  return z ^ (z >> 31n)
}
