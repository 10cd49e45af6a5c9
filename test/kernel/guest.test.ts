// The harness itself: a guest that runs scripts faithfully, and whose every way of dying is reported.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { Guest, runInGuest } from '../support/guest/guest.js'
import { describeGuest } from '../support/guest/suite.js'

describeGuest('a guest', () => {
  let guest: Guest
  beforeAll(async () => {
    guest = await Guest.boot()
  }, 120_000)
  afterAll(() => guest.shutdown())

  it('is the kernel that was unpacked, with the 9p file system', async () => {
    expect(await guest.check('uname -r')).toBe(`${guest.release}\n`)
    expect(await guest.check('cat /proc/filesystems')).toContain('nodev\t9p\n')
  })

  it('gives back every byte that a script prints, stdout and stderr apart, and its exit code', async () => {
    const { exitCode, stdout, stderr } = await guest.run(
      `#!/usr/bin/perl\nprint map { chr } 0 .. 255; print STDERR "\\0\\xffcomplaint"; exit 7`,
    )
    expect(exitCode).toBe(7)
    expect(stdout).toEqual(Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)))
    expect(stderr).toEqual(Buffer.from('\0\xffcomplaint', 'latin1'))
  })

  it('keeps kernel messages out of what a script prints', async () => {
    const { stdout } = await guest.run('echo before; echo noise > /dev/kmsg; echo after')
    expect(stdout.toString()).toBe('before\nafter\n')
    expect(guest.console()).toContain('noise')
  })

  it('gives back four megabytes', async () => {
    const { stdout } = await guest.run('yes 0123456789abcde | head -c 4194304')
    expect(stdout.equals(Buffer.from('0123456789abcde\n'.repeat(262_144)))).toBe(true)
  })

  it('hands arguments to a script, empty and strange ones too', async () => {
    const args = ['', 'two words', '*', 'grüße', '-n']
    const { stdout } = await guest.run('printf "<%s>" "$@"', { args })
    expect(stdout.toString()).toBe('<><two words><*><grüße><-n>')
  })

  it('reports a script killed by a signal as 128 and the signal', async () => {
    expect((await guest.run('kill -KILL $$')).exitCode).toBe(137)
  })

  it('does not wait for what a script left running in the background', async () => {
    expect(await guest.check('sleep 1000 &\necho done')).toBe('done\n')
  })

  it('runs scripts one after another in the order of the calls', async () => {
    const results = await Promise.all([guest.check('sleep 0.3; date +%s%N'), guest.check('date +%s%N')])
    expect(results).toEqual([...results].sort())
  })

  it('names the script and shows its stderr when one that must succeed does not', async () => {
    await expect(guest.check('echo halfway\ncat /does/not/exist\necho beyond')).rejects.toThrow(
      /exit code 1\nhalfway\n.*No such file[^]*cat \/does\/not\/exist/,
    )
  })
})

describeGuest('a guest that dies', () => {
  // The logs of guests that failed are kept: these are meant to fail.
  const logs = mkdtempSync(join(tmpdir(), 'virtfs-logs-'))
  beforeAll(() => void vi.stubEnv('TMPDIR', logs))
  afterAll(() => {
    vi.unstubAllEnvs()
    rmSync(logs, { recursive: true })
  })

  it('rejects with the console when its kernel panics', async () => {
    await expect(runInGuest('echo c > /proc/sysrq-trigger; sleep 60')).rejects.toThrow(
      /QEMU ended with exit code 0[^]*sysrq triggered crash/,
    )
  })

  it('rejects with what the script printed and the blocked tasks when time is over, and stays dead', async () => {
    const guest = await Guest.boot()
    const hanging = guest.run('echo started; sleep 1000', { timeoutMs: 2_000 })
    await expect(hanging).rejects.toThrow(/no answer within 2000 ms[^]*started[^]*Show Blocked State/)
    await expect(guest.run('true')).rejects.toThrow('no answer within 2000 ms')
    await guest.shutdown()
  })

  it('rejects with the complaint of a QEMU that cannot start', async () => {
    const virtfs = [{ path: '/does/not/exist', securityModel: 'mapped-xattr', tag: 'x' }] as const
    await expect(Guest.boot({ virtfs })).rejects.toThrow(/exit code 1[^]*\/does\/not\/exist/)
  })
})
