// The main job: a Debian kernel mounts our server over TCP, works in the tree as root and as others, and finds
// everything again after a new mount. In the mapped models the server is a user without privilege.

import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Guest } from '../support/guest/guest.js'
import { listInGuest } from '../support/guest/listing.js'
import { describeGuest } from '../support/guest/suite.js'
import { asUnprivileged, directoryOfUnprivileged } from '../support/guest/unprivileged.js'
import { serveTree, type ServerProcess } from '../support/server-process.js'
import { type Ability, checkFacts } from './facts.js'

interface Case {
  readonly model: string
  readonly as: 'root' | 'nobody'
  readonly abilities: readonly Ability[]
  readonly msize: number
}

const cases: readonly Case[] = [
  { model: 'mapped-xattr', as: 'nobody', abilities: ['ownership', 'devices'], msize: 1_048_576 },
  { model: 'mapped-file', as: 'nobody', abilities: ['ownership', 'devices'], msize: 131_072 },
  { model: 'passthrough', as: 'root', abilities: ['ownership', 'devices'], msize: 65_536 },
  { model: 'none', as: 'nobody', abilities: [], msize: 8192 },
]

const mountOf = ({ port }: ServerProcess, msize: number, at: string, more = ''): string =>
  `mkdir -p ${at} && mount -t 9p -o trans=tcp,port=${port},version=9p2000.L,msize=${msize},access=client${more} 10.0.2.2 ${at}`

const SIZE_MIB = 64
const checksum = (content: Buffer): string => createHash('sha256').update(content).digest('hex')

describeGuest('a Linux guest on our server', () => {
  it.each(cases)(
    '$model: every fact holds, and all is there after a new mount',
    async ({ model, as, abilities, msize }) => {
      using directory = directoryOfUnprivileged()
      const tree = join(directory.path, 'tree')
      asUnprivileged(() => mkdirSync(tree))
      await using server = await serveTree(tree, model, { as })
      await using guest = await Guest.boot()
      await guest.check(mountOf(server, msize, '/mnt'))
      if (abilities.includes('ownership')) await guest.check('chown 0:0 /mnt && chmod 0755 /mnt')

      const facts = await checkFacts(guest, '/mnt', abilities)
      expect(facts.filter((line) => !line.startsWith('holds '))).toEqual([])
      expect(facts.length).toBeGreaterThan(30)

      const before = await listInGuest(guest, '/mnt')
      await guest.check(`umount /mnt && ${mountOf(server, msize, '/mnt')}`)
      expect(await listInGuest(guest, '/mnt')).toEqual(before)
      expect(before.length).toBeGreaterThan(100)
    },
  )

  it('reads back 64 MiB as they were written, in the guest and on the host, whatever msize is', async () => {
    using directory = directoryOfUnprivileged()
    const tree = join(directory.path, 'tree')
    asUnprivileged(() => mkdirSync(tree))
    await using server = await serveTree(tree, 'mapped-xattr')
    await using guest = await Guest.boot()
    for (const msize of [1_048_576, 131_072, 4096]) {
      const size = msize === 4096 ? 4 : SIZE_MIB
      await guest.check(mountOf(server, msize, '/mnt'))
      const [written, readBack] = (
        await guest.check(
          `dd if=/dev/urandom of=/tmp/data bs=1M count=${size} 2>/dev/null
           cp /tmp/data /mnt/data-${msize} && sync
           umount /mnt && ${mountOf(server, msize, '/mnt')}
           sha256sum < /tmp/data; sha256sum < /mnt/data-${msize}; rm /tmp/data; umount /mnt`,
          { timeoutMs: 180_000 },
        )
      ).split('\n')
      expect(readBack).toBe(written)
      const onHost = readFileSync(join(tree, `data-${msize}`))
      expect(onHost.length).toBe(size * 1024 * 1024)
      expect(written).toContain(checksum(onHost))
    }
  })

  it('serves two connections at once: each sees what the other made, and locks exclude between them', async () => {
    using directory = directoryOfUnprivileged()
    const tree = join(directory.path, 'tree')
    asUnprivileged(() => mkdirSync(tree))
    await using server = await serveTree(tree, 'mapped-xattr')
    await using guest = await Guest.boot()
    await guest.check(`${mountOf(server, 65_536, '/a')}; ${mountOf(server, 65_536, '/b')}`)
    const seen = await guest.check(
      `chmod 0755 /a
       ( for i in $(seq 300); do echo $i > /a/a-$i; mv /a/a-$i /a/a+$i; done ) &
       ( for i in $(seq 300); do echo $i > /b/b-$i; chmod 4750 /b/b-$i; chown 7:8 /b/b-$i; done ) &
       wait
       ls /b | grep -c '^a+'; ls /a | grep -c '^b-'; cat /b/a+300 /a/b-300; stat -c '%a %u:%g' /a/b-7
       echo content > /a/open; exec 5<> /a/open; rm /b/open; cat <&5`,
      { timeoutMs: 120_000 },
    )
    expect(seen.split('\n').slice(0, -1)).toEqual([
      '300',
      '300',
      '300',
      '300',
      // A change of owner takes the set-user-id bit off, as on any file system.
      '750 7:8',
      'content',
    ])

    // One process locks through each connection, and asks through the other.
    const locker = `#!/usr/bin/perl
      use Fcntl qw(:DEFAULT :flock);
      open my $a, '+>', '/a/locked' or die $!; open my $b, '+<', '/b/locked' or die $!;
      sub lock_of { my ($file, $how) = @_; my $pid = fork; exit(flock($file, $how) ? 0 : 1) if $pid == 0; waitpid $pid, 0; $? == 0 ? 'free ' : 'kept ' }
      flock $a, LOCK_EX or die $!;  print lock_of($b, LOCK_EX | LOCK_NB), lock_of($b, LOCK_SH | LOCK_NB);
      flock $a, LOCK_SH or die $!;  print lock_of($b, LOCK_EX | LOCK_NB), lock_of($b, LOCK_SH | LOCK_NB);
      close $a;                     print lock_of($b, LOCK_EX | LOCK_NB), "\n";`
    expect(await guest.check(locker)).toBe('kept kept kept free free \n')
  })

  it('shares mappings under cache=loose, and shows statfs as the host has it', async () => {
    using directory = directoryOfUnprivileged()
    const tree = join(directory.path, 'tree')
    asUnprivileged(() => mkdirSync(tree))
    await using server = await serveTree(tree, 'mapped-xattr')
    await using guest = await Guest.boot()
    await guest.check(mountOf(server, 131_072, '/mnt', ',cache=loose'))
    const program = `#!/usr/bin/perl
      open my $f, '+>', '/mnt/mapped' or die $!; print $f 'x' x 8192; close $f;
      open $f, '+<', '/mnt/mapped' or die $!;
      my $at = syscall(9, 0, 8192, 3, 1, fileno $f, 0); die "mmap: $!" if $at == -1;
      my $bytes = unpack('P8', pack('Q', $at)); print "$bytes\\n";
      syscall(26, $at, 8192, 4) == 0 or die "msync: $!";`
    expect(await guest.check(program)).toBe('xxxxxxxx\n')
    const [blockSize, blocks] = (await guest.check('stat -f -c "%S %b" /mnt')).trim().split(' ').map(Number)
    expect((blockSize ?? 0) * (blocks ?? 0)).toBeGreaterThan(1e6)
    await guest.check('umount /mnt')
    expect(readFileSync(join(tree, 'mapped'), 'latin1')).toBe('x'.repeat(8192))
  })

  it('answers EROFS to every change of a read-only export, and serves the rest', async () => {
    using directory = directoryOfUnprivileged()
    const tree = join(directory.path, 'tree')
    asUnprivileged(() => mkdirSync(join(tree, 'sub'), { recursive: true }))
    await using server = await serveTree(tree, 'mapped-xattr', { flags: ['--readonly'] })
    await using guest = await Guest.boot()
    await guest.check(mountOf(server, 65_536, '/mnt'))
    const seen = await guest.check(
      `for change in 'touch /mnt/f' 'mkdir /mnt/d' 'rmdir /mnt/sub' 'chmod 700 /mnt/sub' 'ln -s a /mnt/l' 'mv /mnt/sub /mnt/x'
       do $change 2>&1 | grep -q 'Read-only' && echo refused || echo "allowed: $change"; done; ls /mnt`,
    )
    expect(seen).toBe(`${'refused\n'.repeat(6)}sub\n`)
  })
})
