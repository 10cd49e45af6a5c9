// Locks of a Linux guest's processes: between connections, and with processes of the host.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { Guest } from '../support/guest/guest.js'
import { mountTcp } from '../support/guest/mount.js'
import { requireGuestTools } from '../support/guest/requirements.js'
import { describeGuest } from '../support/guest/suite.js'
import { asUnprivileged } from '../support/guest/unprivileged.js'
import { hostMayLock } from '../support/host-lock.js'
import { serveNewTree, type ServerProcess } from '../support/server-process.js'

/** perl's form of struct flock, for a lock of the whole file. */
const flockOf = (type: string): string => `pack 's s x4 q q l x4', ${type}, 0, 0, 0, 0`

/** Tries locks on the file $ARGV[0] from one process each: flock(2), then fcntl(2), exclusive and shared. */
const tryLocks = `#!/usr/bin/perl
  use Fcntl qw(:DEFAULT :flock);
  # Each process opens the file: Linux's 9p client gives a flock back as soon as any process closes what was locked.
  sub try {
    my $pid = fork // die;
    if ($pid == 0) { open my $file, '+<', $ARGV[0] or die "Cannot open $ARGV[0]: $!"; exit($_[0]->($file) ? 0 : 1) }
    waitpid $pid, 0;
    return $? == 0 ? 'free' : $? == 256 ? 'kept' : 'broken';
  }
  sub range { my ($file, $type) = @_; fcntl $file, F_SETLK, ${flockOf('$type')} }
  print join ' ', try(sub { flock $_[0], LOCK_EX | LOCK_NB }), try(sub { flock $_[0], LOCK_SH | LOCK_NB }),
    try(sub { range($_[0], F_WRLCK) }), try(sub { range($_[0], F_RDLCK) });`

/** Locks a file with fcntl(2) in the background: FILE TYPE. */
const holdLock = `
  cat > /run/hold <<'END'
  use Fcntl;
  open my $file, '+<', $ARGV[0] or die "Cannot open $ARGV[0]: $!";
  fcntl $file, F_SETLK, ${flockOf("$ARGV[1] eq 'shared' ? F_RDLCK : F_WRLCK")} or die "Cannot lock: $!";
  open my $held, '>', '/run/held' or die;
  syswrite $held, $$;
  select undef, undef, undef, 0.05 until -e '/run/release';
  close $file;
  unlink '/run/held';
END
  rm -f /run/release
  perl /run/hold "$@" &
  for i in $(seq 200); do [ ! -s /run/held ] || exit 0; sleep 0.05; done
  exit 1`
const releaseLock = 'touch /run/release; while [ -e /run/held ]; do sleep 0.05; done'

/** Asks with F_GETLK what would stop a shared and an exclusive lock of the whole file. */
const askAbout = `#!/usr/bin/perl
  use Fcntl;
  open my $file, '+<', $ARGV[0] or die;
  my %name = (F_RDLCK, 'shared', F_WRLCK, 'exclusive', F_UNLCK, 'free');
  my @found;
  for my $type (F_RDLCK, F_WRLCK) {
    my $lock = ${flockOf('$type')};
    fcntl $file, F_GETLK, $lock or die "Cannot ask: $!";
    push @found, $name{unpack 's', $lock};
  }
  print "@found";`

/** Three processes lock a file by turns, waiting for each other: FILE TURNS. Prints how many turns they had in all. */
const takeTurns = `#!/usr/bin/perl
  use Fcntl;
  my ($path, $turns) = @ARGV;
  my $lock = ${flockOf('F_WRLCK')};
  my $unlock = ${flockOf('F_UNLCK')};
  for (1 .. 3) {
    next if fork;
    open my $file, '+<', $path or die;
    for (1 .. $turns) {
      fcntl $file, F_SETLKW, $lock or die "Cannot lock: $!";
      select undef, undef, undef, 0.02;
      fcntl $file, F_SETLK, $unlock or die "Cannot unlock: $!";
    }
    exit 0;
  }
  my $ended = 0;
  while (wait != -1) { $ended += $turns if $? == 0 }
  print $ended;`

/** A child gives back what its parent has locked with flock(2): FILE. */
const shareFlock = `#!/usr/bin/perl
  use Fcntl qw(:DEFAULT :flock);
  sub opened { open my $file, '+<', $ARGV[0] or die "Cannot open $ARGV[0]: $!"; return $file }
  sub may { return flock($_[0], $_[1] | LOCK_NB) ? 'may' : 'may not' }
  my $inherited = opened();
  flock $inherited, LOCK_EX or die "Cannot lock: $!";
  $| = 1;
  if (fork == 0) {
    my $other = opened();
    print may($other, LOCK_EX), ', ';
    flock $inherited, LOCK_UN or die "Cannot unlock: $!";
    print may($other, LOCK_EX);
    exit 0;
  }
  wait;`

/** Takes a lock of fcntl(2) on the whole file in a process of the host; dispose ends the process. */
async function lockOnHost(path: string): Promise<AsyncDisposable> {
  const program = `use Fcntl; open my $file, '+<', $ARGV[0] or die; my $lock = ${flockOf('F_WRLCK')};
    fcntl $file, F_SETLK, $lock or die $!; $| = 1; print "locked\\n"; <STDIN>`
  const child = spawn(requireGuestTools().programs.perl, ['-e', program, path], { stdio: ['pipe', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  await Promise.race([
    once(child.stdout, 'data'),
    exited.then(() => Promise.reject(new Error(`Cannot lock "${path}" on the host`))),
  ])
  return {
    [Symbol.asyncDispose]: async () => {
      child.stdin.end()
      await exited
    },
  }
}

describeGuest("a Linux guest's locks", () => {
  let guest: Guest
  let server: ServerProcess
  let path: string
  beforeAll(async () => {
    guest = await Guest.boot()
    server = await serveNewTree('mapped-file')
    path = join(server.tree, 'locked')
    asUnprivileged(() => writeFileSync(path, 'content'))
    // Two mounts are two connections, with a session each.
    await mountTcp(guest, server, '/a')
    await mountTcp(guest, server, '/b')
  }, 180_000)
  afterAll(async () => {
    await guest.shutdown()
    await server[Symbol.asyncDispose]()
  })
  const tried = (mount: string): Promise<string> => guest.check(tryLocks, { args: [`${mount}/locked`] })
  const hostMay = (): boolean => hostMayLock(Buffer.from(path), 0, 0)

  it('an exclusive lock keeps out everybody on another connection, a shared one writers only', async () => {
    await guest.check(holdLock, { args: ['/a/locked', 'exclusive'] })
    expect(await tried('/b')).toBe('kept kept kept kept')
    await guest.check(releaseLock)
    await guest.check(holdLock, { args: ['/a/locked', 'shared'] })
    expect(await tried('/b')).toBe('kept free kept free')
    await guest.check(releaseLock)
    expect(await tried('/b')).toBe('free free free free')
  })

  it('a lock of the guest keeps a process of the host out', async () => {
    expect(hostMay()).toBe(true)
    await guest.check(holdLock, { args: ['/a/locked', 'exclusive'] })
    expect(hostMay()).toBe(false)
    await guest.check(releaseLock)
    expect(hostMay()).toBe(true)
  })

  it('a lock of a process of the host keeps the guest out', async () => {
    {
      await using _lock = await lockOnHost(path)
      expect(await tried('/a')).toBe('kept kept kept kept')
    }
    expect(await tried('/a')).toBe('free free free free')
  })

  it('processes of one guest that wait for the same lock take turns at once', async () => {
    expect(await guest.check(takeTurns, { args: ['/a/locked', '8'], timeoutMs: 25_000 })).toBe('24')
  })

  it('a lock of flock(2) is given back by any process that has the open file', async () => {
    expect(await guest.check(shareFlock, { args: ['/a/locked'] })).toBe('may not, may')
    expect(await tried('/b')).toBe('free free free free')
  })

  it('a process that asks is told of locks that are in its way only', async () => {
    const asked = (): Promise<string> => guest.check(askAbout, { args: ['/a/locked'] })
    expect(await asked()).toBe('free free')
    await guest.check(holdLock, { args: ['/a/locked', 'shared'] })
    expect(await asked()).toBe('free shared')
    await guest.check(releaseLock)
    await guest.check(holdLock, { args: ['/a/locked', 'exclusive'] })
    expect(await asked()).toBe('exclusive exclusive')
    await guest.check(releaseLock)
    await guest.check(holdLock, { args: ['/b/locked', 'exclusive'] })
    expect(await asked()).toBe('exclusive exclusive')
    await guest.check(releaseLock)
  })

  it('the locks of a process that is killed are given back', async () => {
    await guest.check(holdLock, { args: ['/a/locked', 'exclusive'] })
    expect(await tried('/b')).toBe('kept kept kept kept')
    // Its files are closed when nothing keeps the mount busy any more.
    await guest.check('kill -KILL $(cat /run/held); rm /run/held; while ! umount /a 2> /dev/null; do sleep 0.05; done')
    expect(await tried('/b')).toBe('free free free free')
    expect(hostMay()).toBe(true)
  })

  it('the locks of a guest that vanishes are given back', async () => {
    await guest.check(holdLock, { args: ['/b/locked', 'exclusive'] })
    expect(hostMay()).toBe(false)
    await guest.check('echo o > /proc/sysrq-trigger; sleep 100').catch(() => undefined)
    await vi.waitFor(() => expect(hostMay()).toBe(true), 20_000)
  })
})
