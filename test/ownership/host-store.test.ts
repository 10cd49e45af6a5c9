// passthrough and none: real owners, with privilege and without.

import { chmodSync, chownSync, existsSync, lstatSync, symlinkSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { guestGid, guestUid } from '../../src/ids.js'
import { withFault } from '../support/host/faults.js'
import { Guest } from '../support/host/guest.js'
import { asNobody, isRoot, nobody } from '../support/host/nobody.js'

const stranger = { uid: nobody.uid + 1, gid: nobody.gid + 1 }

/** A tree that the user without privilege owns. */
function guestOfNobody(model: 'passthrough' | 'none'): Guest {
  const guest = new Guest(model)
  chownSync(guest.tree.path, nobody.uid, nobody.gid)
  return guest
}

describe('without privilege', () => {
  it('passthrough refuses an object for somebody else and leaves nothing', () => {
    using guest = guestOfNobody('passthrough')
    asNobody(() => {
      for (const mode of [0o100644, 0o040755, 0o010644]) {
        expect(() => guest.make('made', { mode, ...stranger })).toThrow('EPERM')
        expect(existsSync(guest.tree.at('made'))).toBe(false)
      }
      expect(() => guest.make('made', { mode: 0o120777, ...stranger, target: 'x' })).toThrow('EPERM')
      guest.make('own', { mode: 0o104711, ...nobody })
    })
    expect(lstatSync(guest.tree.at('own'))).toMatchObject({ mode: 0o104711, ...nobody })
  })

  it('none makes it all the same, with the mode asked for, as the server’s own', () => {
    using guest = guestOfNobody('none')
    asNobody(() => {
      guest.make('made', { mode: 0o100604, ...stranger })
      guest.make('link', { mode: 0o120777, ...stranger, target: 'x' })
    })
    expect(lstatSync(guest.tree.at('made'))).toMatchObject({ mode: 0o100604, ...nobody })
    expect(lstatSync(guest.tree.at('link'))).toMatchObject({ mode: 0o120777, ...nobody })
  })

  it.each(['passthrough', 'none'] as const)('%s refuses a later change of owner', (model) => {
    using guest = guestOfNobody(model)
    asNobody(() => {
      guest.make('made', { mode: 0o100604, ...nobody })
      expect(() => guest.save('made', { uid: guestUid(stranger.uid), mode: 0o100777 })).toThrow('EPERM')
    })
    expect(lstatSync(guest.tree.at('made'))).toMatchObject({ mode: 0o100604, ...nobody })
  })

  it('none reports a change of mode that is refused', () => {
    using guest = new Guest('none')
    guest.make('made', { mode: 0o100604 })
    chmodSync(guest.tree.path, 0o755)
    const refused = (): void => asNobody(() => guest.save('made', { mode: 0o100777 }))
    if (isRoot) expect(refused).toThrow('EPERM')
    else expect(refused).not.toThrow()
  })
})

describe.each(['passthrough', 'none'] as const)('%s', (model) => {
  it('refuses to change the mode of a symlink, and changes its owner', () => {
    using guest = new Guest(model)
    symlinkSync('nowhere', guest.tree.at('link'))
    expect(() => guest.save('link', { mode: 0o120700 })).toThrow('EOPNOTSUPP')
    expect(lstatSync(guest.tree.at('link')).mode).toBe(0o120777)
    guest.save('link', { uid: guestUid(nobody.uid), gid: guestGid(nobody.gid) })
    expect(lstatSync(guest.tree.at('link'))).toMatchObject(nobody)
  })

  it('changes the mode of a fifo and never opens it', () => {
    using guest = new Guest(model)
    guest.make('fifo', { mode: 0o010644 })
    guest.save('fifo', { mode: 0o010600 })
    expect(lstatSync(guest.tree.at('fifo')).mode).toBe(0o010600)
  })

  it('lets the kernel clear set-id bits when the owner changes, as on any file system', () => {
    using guest = new Guest(model)
    guest.make('made', { mode: 0o106755 })
    guest.save('made', { uid: guestUid(nobody.uid) })
    expect(lstatSync(guest.tree.at('made')).mode).toBe(0o100755)
  })

  it('undoes a change of owner when the mode cannot follow', () => {
    using guest = new Guest(model)
    guest.make('made', { mode: 0o104711 })
    using object = guest.tree.object('made')
    const change = { uid: guestUid(nobody.uid), gid: guestGid(nobody.gid), mode: 0o100600 }
    for (let n = 1; ; n++) {
      let failed
      try {
        if (withFault(n, 'EIO', () => guest.model.store.save(object, change)) === undefined) break
      } catch (cause) {
        failed = cause
      }
      expect(failed).toMatchObject({ code: 'EIO' })
      const { mode, uid, gid } = lstatSync(guest.tree.at('made'))
      expect([mode, uid, gid]).toEqual([0o104711, process.getuid!(), process.getgid!()])
    }
    expect(lstatSync(guest.tree.at('made'))).toMatchObject({ mode: 0o100600, ...nobody })
  })
})
