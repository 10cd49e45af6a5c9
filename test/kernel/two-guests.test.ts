// Two machines on one server at once: they keep each other's locks, and what one of them does to the server, the other
// one does not notice.

import { writeFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { Guest } from '../support/guest/guest.js'
import { mountTcp } from '../support/guest/mount.js'
import { describeGuest } from '../support/guest/suite.js'
import { asUnprivileged } from '../support/guest/unprivileged.js'
import { serveNewTree, type ServerProcess } from '../support/server-process.js'
import { type Ability, dotlOnly, factsAbout, showFacts, type Subject, within } from './facts.js'

const program = (name: string): string => readFileSync(join(import.meta.dirname, name), 'latin1')

/** Keeps an exclusive lock on the file until the guest is gone. */
const holdLock = `
  cat > /run/hold <<'END'
  use Fcntl ':flock';
  open my $file, '+<', '/mnt/locked' or die "Cannot open: $!";
  flock $file, LOCK_EX or die "Cannot lock: $!";
  open my $held, '>', '/run/held' or die; syswrite $held, $$; close $held;
  sleep 1000;
END
  perl /run/hold & for i in $(seq 200); do [ ! -s /run/held ] || exit 0; sleep 0.05; done; exit 1`
const tryLock = `#!/usr/bin/perl
  use Fcntl ':flock'; open my $file, '+<', '/mnt/locked' or die "Cannot open: $!";
  print flock($file, LOCK_EX | LOCK_NB) ? 'free' : 'kept'`

const residentMiB = (pid: number): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

const work: readonly Subject[] = ['open-files', 'permissions']
const abilities: readonly Ability[] = ['ownership', ...dotlOnly]

describeGuest('two guests on one server', () => {
  let server: ServerProcess
  let one: Guest
  let other: Guest
  beforeAll(async () => {
    server = await serveNewTree('mapped-xattr', { flags: ['--max-connections', '40'] })
    asUnprivileged(() => writeFileSync(join(server.tree, 'locked'), ''))
    ;[one, other] = await Promise.all([Guest.boot(), Guest.boot()])
    for (const guest of [one, other]) await mountTcp(guest, server, '/mnt')
    await one.check('chown 0:0 /mnt && chmod 0755 /mnt')
  }, 240_000)
  afterAll(async () => {
    await Promise.all([one, other].map((guest) => guest?.shutdown()))
    await server?.[Symbol.asyncDispose]()
  })

  it('one works undisturbed while the other one means harm, and the server stays as it is', async () => {
    const facts = within(factsAbout(work), abilities)
    const harm = other.check(program('hostile.pl'), { args: [String(server.port), '25'], timeoutMs: 200_000 })
    const outcomes = await showFacts(one, work, '/mnt/work', abilities)
    const made = await harm
    expect(Object.fromEntries(outcomes)).toEqual(Object.fromEntries(facts.map(({ title }) => [title, 'holds'])))
    expect(made).not.toContain('LEAK')
    const counts = Array.from(made.matchAll(/=(\d+)/g), ([, count]) => Number(count))
    expect(counts).toHaveLength(11)
    expect(Math.min(...counts)).toBeGreaterThan(0)
    expect(server.stderr()).not.toContain('defect:')
    // It may have forty threads at most, and their connections are over.
    await vi.waitFor(() => expect(residentMiB(server.pid)).toBeLessThan(500), 20_000)
    expect(await one.check('echo still here > /mnt/after; cat /mnt/after')).toBe('still here\n')
  })

  it('a lock of one keeps the other out, until the machine that held it is gone', async () => {
    await other.check(holdLock)
    expect(await one.check(tryLock)).toBe('kept')
    await other.check('echo o > /proc/sysrq-trigger; sleep 100').catch(() => undefined)
    await vi.waitFor(async () => expect(await one.check(tryLock)).toBe('free'), 20_000)
  })
})
