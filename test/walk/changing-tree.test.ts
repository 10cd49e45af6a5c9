// What other processes do to a tree while it is walked: what cannot be walked is told, with its errno, and the walk goes
// on; nothing outside the tree is looked at, and no other directory in a directory's place.

import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { WalkLimits } from '../../src/walk/limits.js'
import { openDescriptors } from '../support/host/descriptors.js'
import { asNobody } from '../support/host/nobody.js'
import { failure } from './listing.js'
import { inOrder, walkInTurns } from './walking-in-turns.js'

let scratch: string
let tree: string
let descriptors: Record<string, string>
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'virtfs-walk-'))
  chmodSync(scratch, 0o755)
  tree = join(scratch, 'tree')
  mkdirSync(tree)
  descriptors = openDescriptors()
})
afterEach(() => {
  rmSync(scratch, { recursive: true })
  expect(openDescriptors()).toEqual(descriptors)
})

const at = (path: string): string => join(tree, path)

/** Makes files, and the directories that they are in. */
function make(...paths: readonly string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(at(path)), { recursive: true })
    writeFileSync(at(path), '')
  }
}

/** Walks, and acts right after the stat of a path was taken; the lines sorted, since directories have their own order. */
function walkAndAct(path: string, act: () => void, limits: Partial<WalkLimits> = {}): string[] {
  const onVisit = (visited: string): void => {
    if (visited === path) act()
  }
  return walkInTurns(tree, { walkers: 1, draw: inOrder, limits, onVisit }).sort()
}

describe('a directory that is', () => {
  beforeEach(() => make('before', 'd/e/in', 'zafter'))
  const around = ['before', 'd', 'd/e', 'zafter']

  it('removed before it is opened is told as ENOENT', () => {
    const remove = (): void => rmSync(at('d/e'), { recursive: true })
    expect(walkAndAct('d/e', remove)).toEqual([...around, failure('d/e', 'ENOENT')].sort())
  })

  it('removed while it is listed has no more entries', () => {
    const remove = (): void => rmSync(at('d/e'), { recursive: true })
    expect(walkAndAct('d/e/in', remove)).toEqual([...around, 'd/e/in'].sort())
  })

  it('replaced by a symlink is not followed', () => {
    mkdirSync(join(scratch, 'elsewhere'))
    writeFileSync(join(scratch, 'elsewhere', 'secret'), '')
    const replace = (): void => {
      renameSync(at('d/e'), join(scratch, 'moved'))
      symlinkSync(join(scratch, 'elsewhere'), at('d/e'))
    }
    expect(walkAndAct('d/e', replace)).toEqual([...around, failure('d/e', 'ENOTDIR')].sort())
  })

  it('replaced by another directory is told as ESTALE', () => {
    const replace = (): void => {
      renameSync(at('d/e'), join(scratch, 'moved'))
      make('d/e/other')
    }
    expect(walkAndAct('d/e', replace)).toEqual([...around, failure('d/e', 'ESTALE')].sort())
  })

  it('replaced by a file is told as ENOTDIR', () => {
    const replace = (): void => {
      renameSync(at('d/e'), join(scratch, 'moved'))
      make('d/e')
    }
    expect(walkAndAct('d/e', replace)).toEqual([...around, failure('d/e', 'ENOTDIR')].sort())
  })

  it('refused to whoever walks is told as EACCES', () => {
    mkdirSync(at('locked'), { mode: 0 })
    const walked = asNobody(() => walkAndAct('', () => undefined))
    chmodSync(at('locked'), 0o700)
    expect(walked).toEqual([...around, 'd/e/in', 'locked', failure('locked', 'EACCES')].sort())
  })
})

// With one open directory besides the start each other one on the way is closed, and found again on the way back.
describe('a walk that comes back to a directory that it had to close', () => {
  const limits = { openDirectories: 1, room: 512 }
  const files = (directory: string): string[] => Array.from({ length: 100 }, (_, index) => `${directory}/file ${index}`)
  // More entries than one listing of 512 bytes has, so that there is something to come back for.
  const below = [...files('a'), ...files('a/b'), ...files('a/b/c')]
  const all = ['a', 'a/b', 'a/b/c', ...below].sort()
  beforeEach(() => make(...below))
  const walkAndMove = (act: () => void): string[] => walkAndAct('a/b/c/file 50', act, limits)

  it('goes on where it was', () => {
    expect(walkAndMove(() => undefined)).toEqual(all)
  })

  it('finds it from below after it was moved, and the one above by its name', () => {
    expect(walkAndMove(() => renameSync(at('a/b'), join(scratch, 'moved')))).toEqual(all)
  })

  it('finds it by its name after what it comes from was moved', () => {
    expect(walkAndMove(() => renameSync(at('a/b/c'), join(scratch, 'moved')))).toEqual(all)
  })

  it('gives it up as ESTALE where another is in its place, and goes on above', () => {
    const walked = walkAndMove(() => {
      renameSync(at('a/b'), join(scratch, 'moved'))
      renameSync(join(scratch, 'moved/c'), join(scratch, 'moved apart'))
      make('a/b/other')
    })
    expect(walked).toContain(failure('a/b', 'ESTALE'))
    expect(walked.filter((line) => /^a.file|c.file/.test(line))).toEqual([...files('a'), ...files('a/b/c')].sort())
    expect(walked).not.toContain('a/b/other')
  })

  it('gives it up as ENOENT where nothing is in its place', () => {
    const walked = walkAndMove(() => {
      renameSync(at('a/b'), join(scratch, 'moved'))
      renameSync(join(scratch, 'moved/c'), join(scratch, 'moved apart'))
    })
    expect(walked).toContain(failure('a/b', 'ENOENT'))
    expect(walked.filter((line) => /^a.file/.test(line))).toEqual(files('a').sort())
  })
})

describe('a part of a directory that was left to others', () => {
  it('is told as ESTALE where another directory has come in its place meanwhile', () => {
    make(...Array.from({ length: 50 }, (_, index) => `d/file ${index}`), 'zafter')
    let visited = 0
    const onVisit = (): void => {
      visited += 1
      if (visited !== 10) return
      renameSync(at('d'), join(scratch, 'moved'))
      make('d/other')
    }
    // The second turn is another walker's: the first one still has the directory open.
    const draws = [0, 0, 0, 0, 1]
    const draw = (): number => draws.shift() ?? 0
    const limits = { entriesAtOnce: 10, stretches: 0, tasksAtOnce: 1 }
    const walked = walkInTurns(tree, { walkers: 2, draw, limits, onVisit })
    expect(walked.filter((line) => !line.startsWith('d/file'))).toEqual(
      expect.arrayContaining(['d', 'zafter', failure('d', 'ESTALE')]),
    )
    expect(walked).not.toContain('d/other')
  })

  it('is found from the start where the directory above, held open, is another by now', () => {
    const files = ['b', 'c'].flatMap((name) => Array.from({ length: 50 }, (_, index) => `a/${name}/file ${index}`))
    make(...files)
    let isMoved = false
    const onVisit = (path: string): void => {
      const [, directory, file] = path.split('/')
      if (isMoved || file === undefined) return
      isMoved = true
      renameSync(at('a'), join(scratch, 'moved'))
      mkdirSync(at('a'))
      renameSync(join(scratch, `moved/${directory}`), at(`a/${directory}`))
    }
    // What is left of "a", where the other directory is, before what is left of the moved one.
    let turn = 0
    const draw = (many: number): number => (turn++ % 3 === 0 ? many - 1 : 0)
    const limits = { entriesAtOnce: 10, stretches: 0, tasksAtOnce: 1 }
    const walked = walkInTurns(tree, { walkers: 1, draw, limits, onVisit })
    expect(walked.sort()).toEqual(['a', 'a/b', 'a/c', ...files].sort())
  })
})
