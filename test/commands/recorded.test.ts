// The trees that a real guest wrote through QEMU: `virtfs stat` says what that guest's own kernel said of them.

import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { entryJson } from '../../commands/render/entry-json.js'
import { bytesFromJson } from '../../fixtures/byte-text.js'
import { type GuestEntry, readGuestView } from '../../fixtures/guest-view.js'
import { removeTree } from '../../fixtures/remove-tree.js'
import { restoreTree } from '../../fixtures/restore.js'
import { treesDirectory } from '../../fixtures/trees-directory.js'
import { linuxHost } from '../../src/host/linux-host.js'
import { portableHost } from '../../src/host/portable-host.js'
import { Inspector } from '../../src/inspect/inspector.js'
import { NAME_MAX } from '../../src/sys/constants.js'
import { refusalOf } from '../support/refusal.js'

/** include/uapi/linux/limits.h: by path, nothing deeper can be reached. */
const PATH_MAX = 4096

/** What both tell. Sizes and link counts of directories are the host file system's. */
type Told = Omit<GuestEntry, 'sameAs' | 'xattrs' | 'mtime' | 'nlink'> & {
  readonly mtime: string
  readonly nlink: number | null
}

function toldByGuest({ path, type, mode, uid, gid, rdev, size, nlink, mtime: [sec, nsec], target }: GuestEntry): Told {
  const mtime = new Date(sec * 1000).toISOString().replace('000Z', `${String(nsec).padStart(9, '0')}Z`)
  const isDirectory = type === 'directory'
  return { path, type, mode, uid, gid, rdev, size, nlink: isDirectory ? null : nlink, mtime, target }
}

function toldByUs(inspector: Inspector, root: string, path: string): Told {
  const line = entryJson(inspector.entry(path === '' ? root : `${root}/${path}`, false))
  const json = JSON.parse(Buffer.from(line, 'latin1').toString('utf8')) as TargetJson & Omit<Told, 'path' | 'target'>
  const { type, mode, uid, gid, rdev, size, nlink, mtime } = json
  const target = targetOf(json)
  const isDirectory = type === 'directory'
  return {
    path,
    type,
    mode,
    uid,
    gid,
    rdev,
    size: isDirectory ? null : size,
    nlink: isDirectory ? null : nlink,
    mtime,
    target,
  }
}

interface TargetJson {
  readonly target: string | null
  readonly targetBase64?: string
}

/** Where there is base64, the text beside it is only for people. */
function targetOf({ target, targetBase64 }: TargetJson): string | null {
  if (target === null) return null
  return bytesFromJson(targetBase64 === undefined ? { target } : { targetBase64 }, 'target') ?? null
}

describe.each([
  ['mapped-xattr', 'Linux', linuxHost],
  ['mapped-file', 'Linux', linuxHost],
  ['mapped-xattr', 'the portable host', portableHost],
  ['mapped-file', 'the portable host', portableHost],
] as const)('a tree of a guest, %s, looked at through %s', (model, _title, host) => {
  it('is recognised, and is to the last entry what the guest saw', () => {
    const recording = join(treesDirectory, model)
    const root = mkdtempSync(join(tmpdir(), 'virtfs-recorded-'))
    try {
      restoreTree(recording, root)
      const { entries } = readGuestView(join(recording, 'guest-view.jsonl'))
      using inspector = new Inspector({}, host)
      // The records of what is in a directory are looked at with the directory.
      const aside = model === 'mapped-file' ? '/.virtfs_metadata/'.length + NAME_MAX : 0
      const isTooLong = ({ path }: GuestEntry): boolean =>
        host === portableHost && `${root}/${path}`.length + aside >= PATH_MAX
      const told = entries.filter((entry) => !isTooLong(entry))
      expect(told.map(({ path }) => toldByUs(inspector, root, path))).toEqual(told.map(toldByGuest))
      const refused = entries.filter(isTooLong).map(({ path }) => refusalOf(() => toldByUs(inspector, root, path)))
      expect(refused).toEqual(refused.map(() => 'ENAMETOOLONG'))
      expect(told.length).toBeGreaterThan(100)
      const [first] = entries
      expect(inspector.entry(`${root}/${first?.path}`, false)).toMatchObject({
        model,
        root,
        detection: { certainty: 'certain', writtenOn: undefined },
      })
    } finally {
      removeTree(root)
    }
  })
})
