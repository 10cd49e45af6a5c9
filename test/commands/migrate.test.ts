// docs/migrate.md, followed by a reader: every command on the page is typed, section by section and in the order of the page,
// on a machine with the tree that the section is about; each must end well, and print what the page says it prints.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeWhereFound } from '../support/guest/suite.js'
import { MigratingHost, missingForMigrating } from '../support/migrating/migrating-host.js'
import { printedAlike } from '../support/migrating/printed.js'
import { scenes } from '../support/migrating/scenes.js'
import { isWellFormed } from '../support/migrating/xml.js'
import { readPage } from '../support/pages.js'

const page = readPage('docs/migrate.md')
const typedHere = page.commands.filter(({ machine }) => machine !== 'guest')
const sections = [...new Set(typedHere.map(({ section }) => section))]

describe('the form of docs/migrate.md', () => {
  it('has a scene for each section with commands, and no other', () => {
    expect(sections).toEqual(Object.keys(scenes))
  })

  it('has commands on machines that the tests have', () => {
    expect([...new Set(page.commands.map(({ machine }) => machine))].sort()).toEqual(['guest', 'host', 'laptop'])
  })

  it('has no block in a form that would escape these tests', () => {
    const others = page.blocks.filter(({ lines }) => !/^\w+[$#] /.test(lines[0] ?? ''))
    const fstab = others.filter(({ language }) => language !== 'xml')
    expect(fstab.map(({ lines }) => lines.length)).toEqual([1, 1])
    for (const { lines } of fstab)
      expect(lines[0]).toMatch(/^guest {2}\/mnt {2}(9p|virtiofs) {2}[a-z0-9=.,L]+ {2}0 {2}0$/)
  })

  it('has no command in its sentences, where nothing would run it', () => {
    const prose = page.text.replaceAll(/^```[^]*?^```$/gm, '')
    const inline = Array.from(prose.matchAll(/`([^`]+)`/g), ([, code = '']) => code)
    const programs = /^(virtfs|virsh|podman|tar|rsync|cp|mv|rm|mount|find|ch\w+|\w+fattr)\b/
    const named = inline.filter((code) => programs.test(code) && !/^\w+( (convert|serve|stat))?$/.test(code))
    expect(named).toEqual([])
    expect(inline.length).toBeGreaterThan(50)
  })

  it('has XML that is well-formed', () => {
    const blocks = page.blocks.filter(({ language }) => language === 'xml')
    expect(blocks.length).toBeGreaterThan(2)
    for (const { lines } of blocks) expect(isWellFormed(lines.join('\n'))).toBe(true)
  })
})

describeWhereFound('docs/migrate.md', { kind: 'namespace', missing: missingForMigrating, timeout: 60_000 }, () => {
  describe.each(sections)('%s', (section) => {
    let host: MigratingHost
    beforeAll(async () => {
      host = await MigratingHost.boot()
      await scenes[section]?.(host)
    })
    afterAll(async () => await host?.[Symbol.asyncDispose]())

    for (const command of typedHere.filter((one) => one.section === section)) {
      it(`line ${command.line + 1}: ${command.text}`, () => {
        const { printed, exitCode } = host.type(command)
        expect(printedAlike(printed.split('\n'), command.printed)).toEqual(printedAlike(command.printed))
        expect(exitCode).toBe(0)
      })
    }
  })
})
