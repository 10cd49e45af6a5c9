// CVE-2017-7471: the export's root was taken for "/", so that what a guest did to it was done to the host's root, or to
// the directory above the export.

import { lstatSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { guestGid, guestUid } from '../../src/ids.js'
import { nameFromText } from '../../src/name.js'
import { racedModels } from '../support/race.js'
import { refusalOf } from '../support/refusal.js'
import { ViewedTree } from '../support/viewed-tree.js'

const shown = (path: string): string => {
  const { ino, mode, uid, gid, atimeMs, mtimeMs, ctimeMs } = lstatSync(path)
  return [ino, mode, uid, gid, atimeMs, mtimeMs, ctimeMs].join(' ')
}

describe.each(racedModels)('%s', (model) => {
  it('what is done to the root is done to the exported directory, and to nothing above it', () => {
    using tree = new ViewedTree(model)
    const above = ['/', dirname(tree.path)]
    const before = above.map(shown)
    const root = tree.node('')
    const { ino } = lstatSync(tree.path, { bigint: true })
    expect(tree.stat(root).host.ino).toBe(ino)
    const owner = tree.keepsOwners ? { uid: guestUid(7), gid: guestGid(8) } : tree.owner
    tree.setattr(root, {
      ...owner,
      mode: 0o1777,
      atime: { sec: 1, nsec: 2 },
      mtime: { sec: 3, nsec: 4 },
    })
    tree.setxattr(root, 'user.note', 'value')
    tree.mkdir('made')
    tree.rmdir('made')
    expect(tree.view.statfs(root).namelen).toBe(255)
    expect(refusalOf(() => tree.setattr(root, { size: 0 }))).toBe('EISDIR')
    expect(refusalOf(() => tree.view.remove(root))).toBe('EINVAL')
    expect(refusalOf(() => tree.view.renameNode(root, root, nameFromText('renamed')))).toBe('EBUSY')
    expect(tree.names('../../..')).toEqual([])
    expect(tree.show('')).toBe(`${owner.uid}:${owner.gid} 041777`)
    expect(above.map(shown)).toEqual(before)
  })
})
