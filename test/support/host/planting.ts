// Putting into a tree what no server of ours would put there.

import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setxattr } from '../../../src/sys/xattr.js'
import type { Guest } from './guest.js'
import { isRoot, nobody } from './nobody.js'

/** One change to a tree, by a host process unless it says otherwise. Texts are Latin-1. */
export type Change =
  | readonly [verb: 'attribute', path: string, name: string, hex: string]
  | readonly [verb: 'write', path: string, text: string]
  | readonly [verb: 'truncate', path: string, size: number]
  | readonly [verb: 'mkdir' | 'fifo' | 'remove', path: string]
  | readonly [verb: 'symlink', path: string, target: string]
  | readonly [verb: 'link' | 'guest link', from: string, to: string]
  | readonly [verb: 'chmod', path: string, mode: number]
  /** Makes nobody the owner of a directory and of everything in it. */
  | readonly [verb: 'give away', path: string]

/** Sets an attribute of the host, whose value is given in hexadecimal. */
export function setAttribute(guest: Guest, path: string, name: string, hex: string): void {
  using object = guest.tree.object(path)
  setxattr(object.handle(), name, Buffer.from(hex, 'hex'))
}

/** Makes changes in a directory of a tree, '' being its root. */
export function plant(guest: Guest, directory: string, changes: readonly Change[]): void {
  const within = (path: string): string => [directory, path].filter((part) => part !== '').join('/')
  const at = (path: string): string => guest.tree.at(within(path))
  for (const change of changes) {
    switch (change[0]) {
      case 'attribute':
        setAttribute(guest, within(change[1]), change[2], change[3])
        break
      case 'write':
        writeFileSync(at(change[1]), change[2], 'latin1')
        break
      case 'truncate':
        truncateSync(at(change[1]), change[2])
        break
      case 'mkdir':
        mkdirSync(at(change[1]))
        break
      case 'fifo':
        execFileSync('mkfifo', [at(change[1])])
        break
      case 'remove':
        rmSync(at(change[1]), { recursive: true })
        break
      case 'symlink':
        symlinkSync(change[2], at(change[1]))
        break
      case 'link':
        linkSync(at(change[1]), at(change[2]))
        break
      case 'guest link':
        guest.link(within(change[1]), within(change[2]))
        break
      case 'chmod':
        chmodSync(at(change[1]), change[2])
        break
      case 'give away':
        giveAway(at(change[1]))
    }
  }
}

function giveAway(directory: string): void {
  if (!isRoot) return
  chownSync(directory, nobody.uid, nobody.gid)
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    chownSync(join(directory, name), nobody.uid, nobody.gid)
  }
}
