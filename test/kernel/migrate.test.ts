// What docs/migrate.md has its readers type in the guest: with a Linux kernel and a virtiofsd, which serves a tree that the
// page's own command has converted.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Guest } from '../support/guest/guest.js'
import { describeGuest, describeWhereFound } from '../support/guest/suite.js'
import { missingForVirtiofs, Virtiofsd } from '../support/guest/virtiofsd.js'
import { MigratingHost, missingForMigrating } from '../support/migrating/migrating-host.js'
import { printedAlike } from '../support/migrating/printed.js'
import { scenes } from '../support/migrating/scenes.js'
import { readPage } from '../support/pages.js'

const SECTION = 'From libvirt 9p to virtiofs'
const page = readPage('docs/migrate.md')
const inGuest = page.commands.filter(({ machine }) => machine === 'guest')
const before = page.commands.filter(
  ({ section, machine, line }) => section === SECTION && machine === 'host' && line < (inGuest[0]?.line ?? 0),
)
const fstab = page.blocks.find(({ lines }) => lines[0]?.split(/ +/)[2] === 'virtiofs')

it('docs/migrate.md has its guest type something in one section', () => {
  expect(inGuest.length).toBeGreaterThan(1)
  expect(inGuest.map(({ section, prompt }) => [section, prompt])).toEqual(inGuest.map(() => [SECTION, '#']))
  expect(fstab).toBeDefined()
})

describeGuest('virtiofs as in docs/migrate.md', () => {
  const missing = [...missingForVirtiofs, ...missingForMigrating]
  describeWhereFound('with a virtiofsd', { kind: 'guest', missing, timeout: 240_000 }, () => {
    let host: MigratingHost
    let server: Virtiofsd
    let guest: Guest
    beforeAll(async () => {
      host = await MigratingHost.boot()
      await scenes[SECTION]?.(host)
      for (const command of before) host.type(command)
      server = await Virtiofsd.start(host.at('srv/guest'))
      guest = await Guest.boot({ virtiofs: [{ socket: server.socket, tag: 'guest' }], network: false })
    }, 300_000)
    afterAll(async () => {
      await guest?.[Symbol.asyncDispose]()
      server?.[Symbol.dispose]()
      await host?.[Symbol.asyncDispose]()
    })

    describe('the guest', () => {
      for (const { text, line, printed } of inGuest) {
        it(`line ${line + 1}: ${text}`, async () => {
          const said = await guest.check(text)
          expect(printedAlike(said.split('\n'), printed)).toEqual(printedAlike(printed))
        })
      }

      it('has the device, and may give files away', async () => {
        const said = await guest.check(`
          cd /mnt; stat -c '%F %t:%T' dev/console; readlink bin/sh
          echo words > new; chown 7:8 new; stat -c '%u:%g' new`)
        expect(said).toBe('character special file 5:1\nbusybox\n7:8\n')
      })

      it('mounts the line of its fstab', async () => {
        const said = await guest.check(`
          umount /mnt; echo '${fstab?.lines[0]}' > /etc/fstab
          mount /mnt; grep ' /mnt ' /proc/mounts; cat /mnt/new`)
        expect(said).toMatch(/^guest \/mnt virtiofs rw[^\n]*\nwords\n$/)
      })
    })
  })
})
