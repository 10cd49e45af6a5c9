// A mapped-xattr tree as a guest's home directories make one: directories of some forty files, one in twenty a symlink,
// a few owners.

import { mkdirSync } from 'node:fs'
import { guestGid, guestUid } from '../src/ids.js'
import { nameFromText } from '../src/name.js'
import type { Ownership } from '../src/ownership/ownership.js'
import { encodeXattrs } from '../src/ownership/xattr-codec.js'
import { O_CREAT, O_EXCL, O_RDWR, S_IFDIR, S_IFLNK, S_IFREG } from '../src/sys/constants.js'
import { mkdirat } from '../src/sys/directory.js'
import type { Fd } from '../src/sys/fd.js'
import { pwrite } from '../src/sys/io.js'
import { openat, openDirectory, openTree } from '../src/sys/open.js'
import { setxattr } from '../src/sys/xattr.js'

const FILES_PER_DIRECTORY = 40
const DIRECTORIES_PER_GROUP = 20
const SYMLINK_EVERY = 20
const content = Buffer.from('the content of a file, or where a symlink leads')

/** Makes `entries` entries below `path`, which must not exist; the root is one of them. */
export function makeMappedTree(path: string, entries: number): void {
  mkdirSync(path, 0o700)
  using root = openTree(path)
  store(root, 0, 0, S_IFDIR | 0o755)
  let left = entries - 1
  for (let group = 0; left > 0; group++) {
    using above = directoryIn(root, `group-${group}`, group)
    left -= 1
    for (let index = 0; index < DIRECTORIES_PER_GROUP && left > 0; index++) {
      using directory = directoryIn(above, `directory-${index}`, index)
      left -= 1
      const files = Math.min(left, FILES_PER_DIRECTORY)
      for (let file = 0; file < files; file++) fileIn(directory, file)
      left -= files
    }
  }
}

function directoryIn(above: Fd, text: string, number: number): Fd {
  const name = nameFromText(text)
  mkdirat(above, name, 0o700)
  const directory = openDirectory(above, name)
  store(directory, 1000 + (number % 5), 1000, S_IFDIR | 0o755)
  return directory
}

function fileIn(directory: Fd, number: number): void {
  const isSymlink = number % SYMLINK_EVERY === 0
  const name = nameFromText(`${isSymlink ? 'link' : 'file'}-${number}.dat`)
  using file = openat(directory, name, O_CREAT | O_EXCL | O_RDWR, 0o600)
  pwrite(file, content.subarray(0, 1 + (number % content.length)), 0)
  store(file, 1000 + (number % 7), 1000 + (number % 3), isSymlink ? S_IFLNK | 0o777 : S_IFREG | 0o644)
}

function store(file: Fd, uid: number, gid: number, mode: number): void {
  const ownership: Ownership = { uid: guestUid(uid), gid: guestGid(gid), mode }
  for (const { name, bytes } of encodeXattrs(ownership)) setxattr(file, name, bytes)
}
