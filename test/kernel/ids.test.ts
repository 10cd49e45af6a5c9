// A guest of passthrough whose ids are kept apart from the host's: it works as with any other file system, and what it makes
// lies in its own range. And one whose root is squashed.

import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Guest } from '../support/guest/guest.js'
import { mountTcp, unmount } from '../support/guest/mount.js'
import { describeGuest } from '../support/guest/suite.js'
import { isRoot } from '../support/host/nobody.js'
import { serveNewTree, type ServerProcess } from '../support/server-process.js'
import { type Ability, dotlOnly, factsAbout, type Outcomes, showFacts, type Subject, within } from './facts.js'

const abilities: readonly Ability[] = ['ownership', 'devices', ...dotlOnly]
const range = '0:100000:65536'
const ranges = ['--map-uid', range, '--map-gid', range] as const

if (!isRoot) process.stderr.write('guest suite: skipping ids in passthrough: this is not root\n')

describeGuest('a guest whose ids are mapped', () => {
  describe.runIf(isRoot)('in passthrough', () => {
    let guest: Guest
    let server: ServerProcess
    const subjects: readonly Subject[] = ['permissions', 'acls']
    let outcomes: Outcomes
    beforeAll(async () => {
      guest = await Guest.boot()
      server = await serveNewTree('passthrough', { as: 'root', flags: ranges })
      await mountTcp(guest, server, '/mnt', { options: 'posixacl' })
      await guest.check('chown 0:0 /mnt && chmod 0755 /mnt')
      outcomes = await showFacts(guest, subjects, '/mnt/work', abilities)
    }, 240_000)
    afterAll(async () => {
      await guest.shutdown()
      await server[Symbol.asyncDispose]()
    })
    const onHost = (...command: readonly string[]): string => {
      const [program = '', ...args] = command
      return execFileSync(program, args, { cwd: server.tree, encoding: 'utf8' })
    }

    for (const { title } of within(factsAbout(subjects), abilities)) {
      it(title, () => expect(outcomes.get(title)).toBe('holds'))
    }

    it('everything that it made is in its range on the host', () => {
      const owners = onHost('find', '.', '-printf', '%U\n%G\n').trim().split('\n').map(Number)
      expect(owners.length).toBeGreaterThan(20)
      expect(owners.filter((id) => id < 100_000 || id >= 165_536)).toEqual([])
    })

    it('an ACL that it sets names the same users on the host, in its range', async () => {
      await guest.check('echo content > /mnt/acl; chmod 640 /mnt/acl; setfacl -m u:1000:rw,g:2000:r /mnt/acl')
      expect(onHost('getfacl', '-cn', 'acl').trim().split('\n')).toEqual([
        'user::rw-',
        'user:101000:rw-',
        'group::r--',
        'group:102000:r--',
        'mask::rw-',
        'other::---',
      ])
      expect(await guest.check('getfacl -cn /mnt/acl | grep 1000')).toBe('user:1000:rw-\n')
    })

    it('what belongs to others on the host is shown as 65534, and ids outside the range are refused', async () => {
      onHost('sh', '-c', 'echo root > of-root; chown 0:5 of-root')
      expect(await guest.check('stat -c %u:%g /mnt/of-root')).toBe('65534:65534\n')
      const { stderr } = await guest.run('chown 70000 /mnt/acl')
      expect(stderr.toString()).toMatch(/too large/i)
      expect(onHost('stat', '-c', '%u', 'acl')).toBe('100000\n')
    })

    it('with --squash root, what its root makes is nobody’s, and its users’ is theirs', async () => {
      await using squashing = await serveNewTree('passthrough', { as: 'root', flags: [...ranges, '--squash', 'root'] })
      await mountTcp(guest, squashing, '/squashed')
      const seen = await guest.check(`
        chmod 777 /squashed; cd /squashed
        echo root > by-root; mkdir -m 4755 directory; ln -s x symlink; mkfifo fifo; mknod device c 1 3
        perl -e '$) = "1000 1000"; $> = 1000; open my $f, ">", "by-user" or die $!'
        chown 0:0 by-user 2>&1; stat -c '%n %u:%g' *`)
      const owners = execFileSync(
        'stat',
        ['-c', '%n %u:%g', 'by-root', 'by-user', 'directory', 'symlink', 'fifo', 'device'],
        {
          cwd: squashing.tree,
          encoding: 'utf8',
        },
      )
      expect(owners.trim().split('\n')).toEqual([
        'by-root 65534:65534',
        'by-user 65534:65534',
        'directory 65534:65534',
        'symlink 65534:65534',
        'fifo 65534:65534',
        'device 65534:65534',
      ])
      expect(seen).not.toContain(' 0:0')
      await guest.check('cd /; umount /squashed')
    })

    it.each(['9p2000.L', '9p2000.u'])(
      'nothing is the host root’s when the guest names no user (%s, access=any)',
      async (version) => {
        await using server = await serveNewTree('passthrough', { as: 'root', flags: ranges })
        await mountTcp(guest, server, '/any', { version, access: 'any' })
        await guest.check(
          'cd /any; echo by nobody > file; chmod 4755 file; mkdir directory; ln -s x symlink; mkfifo fifo',
        )
        await unmount(guest, '/any')
        const owners = execFileSync('find', ['.', '-mindepth', '1', '-printf', '%P %U\n'], {
          cwd: server.tree,
          encoding: 'utf8',
        })
        expect(owners.trim().split('\n').sort()).toEqual([
          'directory 65534',
          'fifo 65534',
          'file 65534',
          'symlink 65534',
        ])
      },
    )
  })
})
