// How far the look at a tree goes: no further than its bounds, and to where something is stored nevertheless.

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { thisHost } from '../../src/host/this-host.js'
import { type Bounds, type Survey, surveyOf } from '../../src/ownership/survey.js'
import { openDescriptors } from '../support/host/descriptors.js'
import { countCalls, withFault } from '../support/host/faults.js'
import { Guest } from '../support/host/guest.js'

let guest: Guest
let before: Record<string, string>
beforeEach(() => {
  before = openDescriptors()
  guest = new Guest('mapped-xattr')
})
afterEach(() => {
  guest[Symbol.dispose]()
  expect(openDescriptors()).toEqual(before)
})

function survey(way?: readonly string[], bounds?: Bounds): Survey {
  using root = thisHost.openDirectory(guest.tree.path)
  return surveyOf(thisHost, root, way, bounds)
}

/** Files that a host process made. */
function makePlain(directory: string, count: number): void {
  for (let each = 0; each < count; each++) writeFileSync(guest.tree.at(`${directory}/plain${each}`), '')
}

function makeDirectories(...paths: readonly string[]): void {
  for (const path of paths) mkdirSync(guest.tree.at(path))
}

describe('the look', () => {
  it('is at everything, where that is little', () => {
    makeDirectories('a', 'a/b', 'a/b/c')
    for (const directory of ['.', 'a', 'a/b/c']) makePlain(directory, 50)
    expect(survey()).toMatchObject({ objects: 154, isWhole: true })
  })

  it('is at no more objects than the bounds say, nor in more directories, nor at more names of one', () => {
    makeDirectories('a', 'b', 'c', 'd')
    for (const directory of ['a', 'b', 'c', 'd']) makePlain(directory, 5)
    const bounds = { objects: 100, directories: 100, names: 100, share: 2 }
    expect(survey([], bounds)).toMatchObject({ objects: 25, isWhole: true })
    expect(survey([], { ...bounds, objects: 7 })).toMatchObject({ objects: 7, isWhole: false })
    expect(survey([], { ...bounds, directories: 3 })).toMatchObject({ objects: 15, isWhole: false })
    expect(survey([], { ...bounds, names: 4 })).toMatchObject({ objects: 21, isWhole: false })
  })

  it('costs as many system calls in a tree that is ten times as large', () => {
    const cost = (): number => Object.values(countCalls(() => survey())).reduce((sum, count) => sum + count, 0)
    for (let each = 0; each < 20; each++) {
      makeDirectories(`d${each}`)
      makePlain(`d${each}`, 30)
    }
    const ofSmaller = cost()
    for (let each = 0; each < 20; each++) {
      makeDirectories(`d${each}/more`)
      makePlain(`d${each}/more`, 270)
    }
    expect(survey()).toMatchObject({ objects: 300, isWhole: false })
    expect(cost()).toBeLessThan(1.2 * ofSmaller)
  })

  it('goes on where anything fails, be it a disk', () => {
    makeDirectories('d', '.virtfs_metadata')
    guest.make('d/made', { mode: 0o100644 })
    using root = thisHost.openDirectory(guest.tree.path)
    const look = (): Survey => surveyOf(thisHost, root)
    const calls = Object.values(countCalls(look)).reduce((sum, count) => sum + count, 0)
    expect(calls).toBeGreaterThan(10)
    for (let call = 1; call <= calls; call++) expect(() => withFault(call, 'EIO', look)).not.toThrow()
  })

  it('follows no symlink', () => {
    symlinkSync('/', guest.tree.at('link'))
    expect(survey()).toMatchObject({ objects: 2, isWhole: true })
  })

  it('is at ownership under the names that mapped-file keeps its own data under, too', () => {
    makeDirectories('.virtfs_metadata')
    writeFileSync(guest.tree.at('.virtfs_metadata/one'), '')
    writeFileSync(guest.tree.at('.virtfs_metadata_root'), '')
    writeFileSync(guest.tree.at('one'), '')
    expect(survey()).toMatchObject({ objects: 2, withRecord: 2, metadataDirectories: 1, isRootStored: true })
  })
})

describe('what a guest made is found', () => {
  it('below a hundred directories and files of the host', () => {
    makePlain('.', 100)
    for (let each = 0; each < 100; each++) makeDirectories(`d${each}`)
    makeDirectories('d50/deep')
    for (let each = 0; each < 100; each++) guest.make(`d${each}/made`, { mode: 0o100644 })
    expect(survey().withAttributes).toBeGreaterThan(0)
  })

  /** Directories that lie one in the other, with fifty files of the host in each, and a guest's file in the last. */
  function makeDeep(levels: number): string {
    let path = '.'
    for (let level = 0; level < levels; level++) {
      makePlain(path, 50)
      path = `${path}/deeper`
      makeDirectories(path)
    }
    guest.make(`${path}/made`, { mode: 0o100644 })
    return path
  }

  it('below four directories of the host that lie one in the other, with fifty files of the host in each', () => {
    makeDeep(4)
    expect(survey()).toMatchObject({ objects: 206, withAttributes: 1, isWhole: true })
  })

  it('below thirty of them, where somebody is about to go there', () => {
    const path = makeDeep(30)
    expect(survey([...path.split('/').slice(1), 'made'])).toMatchObject({ objects: 300, withAttributes: 1 })
  })

  it('behind a thousand files of the host, in the order in which the host lists them', () => {
    makePlain('.', 900)
    for (let each = 0; each < 100; each++) guest.make(`made${each}`, { mode: 0o100644 })
    const { withAttributes, objects } = survey()
    expect(objects).toBe(300)
    expect(withAttributes).toBeGreaterThan(10)
  })

  it('where somebody is about to go, be it among ever so many others', () => {
    makePlain('.', 2000)
    makeDirectories('on', 'on/the')
    makePlain('on/the', 2000)
    guest.make('on/the/way', { mode: 0o040755 })
    guest.make('on/the/way/there', { mode: 0o100644 })
    expect(survey(['on', '..', 'x']).objects).toBe(300)
    expect(survey(['on', 'the', 'way', 'there'])).toMatchObject({ objects: 300, withAttributes: 2 })
    expect(survey(['missing', 'the', 'way']).objects).toBe(300)
  })
})
