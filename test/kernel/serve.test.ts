// A Debian kernel on our server: much data, many names, several connections, locks, caches, and a host that works in
// the tree meanwhile. What single operations do is in facts.test.ts.

import { createHash } from 'node:crypto'
import {
  createReadStream,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Guest } from '../support/guest/guest.js'
import { listInGuest } from '../support/guest/listing.js'
import { mountTcp, unmount } from '../support/guest/mount.js'
import { describeGuest } from '../support/guest/suite.js'
import { asUnprivileged } from '../support/guest/unprivileged.js'
import { serveNewTree, type ServerProcess } from '../support/server-process.js'
import { type Ability, dotlOnly, factsAbout, type Outcomes, showFacts, type Subject, within } from './facts.js'

const MIB = 1 << 20

const abilities: readonly Ability[] = ['ownership', 'devices', ...dotlOnly]

async function checksumOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

describeGuest('a Linux guest on our server, at length', () => {
  let guest: Guest
  let server: ServerProcess
  beforeAll(async () => {
    guest = await Guest.boot()
    server = await serveNewTree('mapped-xattr')
    // Two mounts are two connections, with a session each.
    await mountTcp(guest, server, '/a')
    await mountTcp(guest, server, '/b')
    await guest.check('chown 0:0 /a && chmod 0755 /a')
  }, 180_000)
  afterAll(async () => {
    await guest.shutdown()
    await server[Symbol.asyncDispose]()
  })
  const onHost = (name: string): string => join(server.tree, name)

  it.each([
    { mebibytes: 64, msize: MIB },
    { mebibytes: 8, msize: 65_536 },
    { mebibytes: 1, msize: 4096 },
  ])('reads $mebibytes random MiB back as it wrote them, with an msize of $msize', async ({ mebibytes, msize }) => {
    const [at, name] = [`/msize-${msize}`, `random-${msize}`]
    await mountTcp(guest, server, at, { msize })
    const written = await guest.check(
      `dd if=/dev/urandom of=/tmp/random bs=1M count=${mebibytes} 2> /dev/null
       cp /tmp/random ${at}/${name}; sha256sum < /tmp/random; rm /tmp/random`,
      { timeoutMs: 180_000 },
    )
    await unmount(guest, at)
    await mountTcp(guest, server, at, { msize })
    expect(await guest.check(`sha256sum < ${at}/${name}`, { timeoutMs: 180_000 })).toBe(written)
    await unmount(guest, at)
    expect(statSync(onHost(name)).size).toBe(mebibytes * MIB)
    expect(written).toBe(`${await checksumOf(onHost(name))}  -\n`)
  })

  it('lists five thousand names of one directory, each once', async () => {
    const names = Array.from({ length: 5000 }, (_, index) => `entry-${index}-${'n'.repeat(index % 100)}`).sort()
    await guest.check(
      `#!/usr/bin/perl
       mkdir '/a/many' or die; chdir '/a/many' or die;
       symlink 'target', "entry-$_-" . 'n' x ($_ % 100) or die "Cannot make entry $_: $!" for 0 .. 4999;`,
      { timeoutMs: 180_000 },
    )
    await mountTcp(guest, server, '/small', { msize: 8192 })
    const list = `#!/usr/bin/perl
      opendir my $directory, $ARGV[0] or die; print "$_\\n" for sort grep { !/^\\./ } readdir $directory;`
    for (const mount of ['/b', '/small']) {
      expect((await guest.check(list, { args: [`${mount}/many`] })).split('\n').slice(0, -1)).toEqual(names)
    }
    await unmount(guest, '/small')
    expect(readdirSync(onHost('many')).sort()).toEqual(names)
  })

  it('works in one directory through two connections at once, and both show the same in the end', async () => {
    const worker = `
      my ($mount, $me) = @ARGV;
      chdir "$mount/both" or die;
      for my $i (1 .. 60) {
        open my $file, '>', "$me-$i" or die "$me cannot make file $i: $!"; print $file "$me $i\\n"; close $file or die;
        chmod 04750, "$me-$i" or die; chown 7, $i, "$me-$i" or die;
        rename "$me-$i", "$me+$i" or die;
        # Names that both want: whoever comes second may find them there, or gone.
        my $name = 'wanted-' . $i % 7;
        link "$me+$i", $name or $!{EEXIST} or die "link: $!";
        rename $name, 'wanted-' . ($i + 3) % 7 or $!{ENOENT} or die "rename: $!";
        unlink $name or $!{ENOENT} or die "unlink: $!";
        mkdir "directory-" . $i % 5 or $!{EEXIST} or die "mkdir: $!";
        rmdir "directory-" . ($i + 1) % 5 or $!{ENOENT} or die "rmdir: $!";
      }`
    await guest.check(
      `mkdir /a/both; cat > /run/worker <<'END'\n${worker}\nEND
       perl /run/worker /a one > /run/one 2>&1 & one=$!
       perl /run/worker /b two > /run/two 2>&1 & two=$!
       wait $one || { cat /run/one; exit 1; }
       wait $two || { cat /run/two; exit 1; }`,
      { timeoutMs: 180_000 },
    )
    const throughA = await listInGuest(guest, '/a/both')
    expect(await listInGuest(guest, '/b/both')).toEqual(throughA)
    const files = throughA.filter(({ path }) => /^(one|two)\+\d+$/.test(path))
    // A change of owner takes the set-user-id bit off, as on any file system.
    expect(files.map(({ path, mode, uid, gid }) => `${path} ${mode} ${uid}:${gid}`).sort()).toEqual(
      ['one', 'two'].flatMap((me) => Array.from({ length: 60 }, (_, i) => `${me}+${i + 1} 0750 7:${i + 1}`)).sort(),
    )
  })

  it('keeps a file that it has open when another connection removes or replaces it', async () => {
    // While the file is open its name stays in this mount's dentry cache: Linux asks again once it is closed.
    const seen = await guest.check(`
      echo first > /a/open; exec 5<> /a/open
      rm /b/open; echo second > /b/open
      echo FIRST >&5; stat -L -c '%h %s' /proc/self/fd/5; chmod 0600 /proc/self/fd/5; exec 5>&-
      stat -c %a /b/open; cat /a/open`)
    expect(seen).toBe('0 6\n644\nsecond\n')
  })

  it('sees at once what the host makes, changes and removes, and goes on with what it has open', async () => {
    asUnprivileged(() => writeFileSync(onHost('by-host'), 'made by the host\n', { mode: 0o640 }))
    expect(await guest.check('cat /a/by-host; stat -c %a:%F /a/by-host')).toBe('made by the host\n640:regular file\n')
    await guest.check('mkfifo /run/go; { read x; read y < /run/go; cat; } < /a/by-host > /run/seen & sleep 0.3')
    renameSync(onHost('by-host'), onHost('renamed-by-host'))
    asUnprivileged(() => writeFileSync(onHost('renamed-by-host'), 'and written to\n', { flag: 'a' }))
    expect(await guest.check('ls /a | grep by-host; cat /a/renamed-by-host')).toBe(
      'renamed-by-host\nmade by the host\nand written to\n',
    )
    rmSync(onHost('renamed-by-host'))
    expect(await guest.check('echo go > /run/go; sleep 0.5; cat /run/seen; ls /a | grep -c by-host || :')).toBe(
      'and written to\n0\n',
    )
  })

  it('is shown the size and free space of the host file system', async () => {
    const host = statfsSync(server.tree)
    const [size = 0, blocks = 0, available = 0, files = 0, type = 0, nameLength = 0] = (
      await guest.check('stat -f -c "%s %b %a %c 0x%t %l" /a')
    )
      .split(' ')
      .map(Number)
    expect([type, files, nameLength]).toEqual([host.type, host.files, 255])
    expect(Math.abs(size * blocks - host.bsize * host.blocks)).toBeLessThan(size)
    // Others use the same file system meanwhile.
    expect(Math.abs(size * available - host.bsize * host.bavail)).toBeLessThan(1024 * MIB)
  })

  const caches: Readonly<Record<string, readonly Subject[]>> = { mmap: ['mappings', 'open-files'], loose: ['mappings'] }
  describe.each(Object.entries(caches))('with cache=%s', (cache, subjects) => {
    const [at, directory] = [`/cache-${cache}`, `with-cache-${cache}`]
    let outcomes: Outcomes
    beforeAll(async () => {
      await mountTcp(guest, server, at, { options: `cache=${cache}` })
      outcomes = await showFacts(guest, subjects, `${at}/${directory}`, abilities)
      await unmount(guest, at)
    }, 180_000)

    for (const { title } of within(factsAbout(subjects), abilities))
      it(title, () => expect(outcomes.get(title)).toBe('holds'))

    it('what was stored through a mapping is on the host', () => {
      const names = readdirSync(onHost(directory), { recursive: true, encoding: 'utf8' })
      const mapped = names.find((path) => path.endsWith('/mapped')) ?? 'none'
      expect(readFileSync(join(onHost(directory), mapped), 'latin1')).toContain('xthrough the mappingx')
    })
  })

  it('is refused every change of a read-only export with EROFS, and served the rest', async () => {
    await using readOnly = await serveNewTree('mapped-xattr', { flags: ['--readonly'] })
    asUnprivileged(() => writeFileSync(join(readOnly.tree, 'file'), 'content\n'))
    await mountTcp(guest, readOnly, '/read-only')
    const changes = [
      ...['touch new', 'mkdir new', 'ln -s a new', 'ln file new', 'mkfifo new', 'mv file new', 'rm file'],
      ...['chmod 700 file', 'chown 1 file', 'touch file', 'truncate -s 0 file', 'setfattr -n user.a -v b file'],
    ]
    const seen = await guest.check(`
      cd /read-only
      while read -r change; do
        if said=$($change 2>&1); then echo "allowed: $change"; else echo "\${said##*: }"; fi
      done <<'END'\n${changes.join('\n')}\nEND
      cat file`)
    expect(seen).toBe(`${'Read-only file system\n'.repeat(changes.length)}content\n`)
    await unmount(guest, '/read-only')
  })

  it('is told so, and does not hang, when the server is stopped; the server ends well', async () => {
    const stopped = await serveNewTree('mapped-xattr')
    await mountTcp(guest, stopped, '/stopped')
    await guest.check('echo content > /stopped/file')
    await stopped[Symbol.asyncDispose]()
    expect((await guest.run('cat /stopped/file')).stderr.toString()).toMatch(/error/i)
    await guest.check('umount /stopped')
  })
})
