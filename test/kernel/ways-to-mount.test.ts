// What a Linux client does with a mount besides working in it with access=client: other rules of whose user it sends,
// signals that interrupt, file systems on top, and a dialect that nobody serves (reference §6).

import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { Guest } from '../support/guest/guest.js'
import { mountTcp, unmount } from '../support/guest/mount.js'
import { describeGuest } from '../support/guest/suite.js'
import { asUnprivileged } from '../support/guest/unprivileged.js'
import { serveNewTree, type ServerProcess } from '../support/server-process.js'

/** Shell: runs a command as a user of the guest. */
const AS_USER = `as_user() { perl -e '($>, $<) = ($ARGV[0], $ARGV[0]); shift; exec @ARGV' "$@"; }`

describeGuest('a Linux guest', () => {
  let guest: Guest
  let server: ServerProcess
  beforeAll(async () => {
    guest = await Guest.boot()
    server = await serveNewTree('mapped-xattr')
    await mountTcp(guest, server, '/mnt')
    await guest.check('chown 0:0 /mnt && chmod 0777 /mnt')
  }, 180_000)
  afterAll(async () => {
    await guest.shutdown()
    await server[Symbol.asyncDispose]()
  })

  /** The uid that is stored for an object, as bytes in hexadecimal; undefined for none. */
  const storedUid = (name: string): string | undefined => {
    const listing = execFileSync('getfattr', ['-d', '-m', '^user.virtfs.uid', '-e', 'hex', join(server.tree, name)], {
      encoding: 'latin1',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return /^user\.virtfs\.uid=0x(\w+)$/m.exec(listing)?.[1]
  }

  it('with access=user sends who works there, and does so for each', async () => {
    await mountTcp(guest, server, '/user', { access: 'user' })
    await guest.check(`${AS_USER}
      touch /user/by-root; as_user 1000 touch /user/by-1000; as_user 1001 touch /user/by-1001`)
    await unmount(guest, '/user')
    expect(['by-root', 'by-1000', 'by-1001'].map(storedUid)).toEqual(['00000000', 'e8030000', 'e9030000'])
  })

  it('with access=any sends nobody in particular, so that no owner is stored', async () => {
    await mountTcp(guest, server, '/any', { access: 'any' })
    await guest.check(`${AS_USER}
      touch /any/any-root; as_user 1000 touch /any/any-1000`)
    await unmount(guest, '/any')
    expect(['any-root', 'any-1000'].map(storedUid)).toEqual([undefined, undefined])
  })

  it('with access=UID keeps out everybody else, and sends nobody in particular', async () => {
    await mountTcp(guest, server, '/one', { access: '1000' })
    const seen = await guest.check(`${AS_USER}
      as_user 1000 touch /one/one-1000; as_user 1001 ls /one 2>&1 || :`)
    await guest.check('umount /one')
    expect(seen).toMatch(/Operation not permitted|Permission denied/)
    expect(storedUid('one-1000')).toBeUndefined()
  })

  it('that asks for plain 9P2000 is told that nobody speaks it', async () => {
    await guest.check('mkdir -p /plain')
    const options = `trans=tcp,port=${server.port},version=9p2000`
    const { exitCode, stderr } = await guest.run(`mount -t 9p -o ${options} 10.0.2.2 /plain`)
    expect([exitCode === 0, stderr.toString()]).toEqual([false, expect.stringContaining('Remote I/O error')])
  })

  it('is free when a signal ends what waits for the server, and the mount goes on', async () => {
    await using slow = await serveNewTree('mapped-xattr', { flags: ['--trace', '--throttling.bps-read', '1000'] })
    asUnprivileged(() => writeFileSync(join(slow.tree, 'file'), Buffer.alloc(1_000_000, 'content\n')))
    await mountTcp(guest, slow, '/slow', { msize: 1_048_576 })
    // The first read is let in whole, the second has to wait for a quarter of an hour.
    const seen = await guest.check(
      `cd /slow; dd if=file bs=1000000 count=1 of=/dev/null 2> /dev/null
       dd if=file bs=1000 count=1 of=/dev/null 2> /dev/null & waiting=$!
       sleep 0.5; kill -KILL $waiting; wait $waiting || echo "ended with $?"
       stat -c %s file`,
      { timeoutMs: 60_000 },
    )
    expect(seen).toBe('ended with 137\n1000000\n')
    await vi.waitFor(() => expect(slow.stderr()).toContain('"message":"Rflush"'), 10_000)
    await unmount(guest, '/slow')
  })

  it('puts overlayfs on top, with the mount as its lower layer', async () => {
    await guest.check(`mkdir -p /mnt/lower/directory /run/up; echo lower > /mnt/lower/file; chown 7:8 /mnt/lower/file
      mkdir /run/over; mount -t tmpfs none /run/up; mkdir /run/up/upper /run/up/work`)
    const seen = await guest.check(`
      mount -t overlay -o lowerdir=/mnt/lower,upperdir=/run/up/upper,workdir=/run/up/work over /run/over
      cd /run/over; ls; stat -c %u:%g file; cat file
      echo more >> file; rmdir directory; ls; cat file; stat -c %u:%g file; cd /; umount /run/over
      cat /mnt/lower/file; ls /mnt/lower`)
    expect(seen).toBe('directory\nfile\n7:8\nlower\nfile\nlower\nmore\n7:8\nlower\ndirectory\nfile\n')
  })

  it('puts overlayfs on top, with the mount as its upper layer, which works with less than it may have', async () => {
    await guest.check('mkdir -p /run/low /run/over /mnt/upper /mnt/work; echo low > /run/low/file; mkdir /run/low/gone')
    const seen = await guest.check(`
      mount -t overlay -o lowerdir=/run/low,upperdir=/mnt/upper,workdir=/mnt/work over /run/over
      cd /run/over; cat file; echo up > new; echo more >> file; rmdir gone; ls; cat file new; cd /; umount /run/over
      ls /mnt/upper; stat -c '%F %t:%T' /mnt/upper/gone; cat /mnt/upper/file`)
    expect(seen).toBe('low\nfile\nnew\nlow\nmore\nup\nfile\ngone\nnew\ncharacter special file 0:0\nlow\nmore\n')
  })
})
