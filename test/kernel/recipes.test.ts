// The recipes of docs/serve.md, followed by a reader who has a Linux kernel, util-linux, systemd and ssh: every mount on the
// page is made, of a server that the page's own command started.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { guestPrograms } from '../support/guest/project.js'
import { ROOT, ServiceManager } from '../support/guest/service-manager.js'
import { describeGuest } from '../support/guest/suite.js'
import { asUnprivileged, directoryOfUnprivileged, unprivileged } from '../support/guest/unprivileged.js'
import { attributesAt } from '../support/host/oracle.js'
import { readPage, type ShownCommand, type ShownMount } from '../support/pages.js'
import { type Relay, relayTo } from '../support/relay.js'
import { serveByLine, type ServerProcess } from '../support/server-process.js'
import { describeSsh, type Sshd, startSshd, USER } from '../support/sshd.js'
import { describeSystemd } from '../support/systemd.js'

type Substitutions = readonly (readonly [onThePage: string, here: string])[]

// What the page calls by names that its readers' machines have, and what it is here. All else is typed as it stands.
const forServe = (tree: string): Substitutions => [
  ['/srv/guest', tree],
  ['tcp:127.0.0.1:5640', 'tcp:127.0.0.1:0'],
  ['tcp:192.168.122.1:5640', 'tcp:127.0.0.1:0'],
]
const forMount = (port: number): Substitutions => [
  ['port=5640', `port=${port}`],
  ['192.168.122.1', '10.0.2.2'],
]
const forSsh = (port: number): Substitutions => [['5640:127.0.0.1:5640', `5640:127.0.0.1:${port}`]]
// A unix socket is not reached from another machine, which the guest is: a relay listens in its place. server.example, the
// user there and the key are in the guest's ssh_config.

const substitute = (text: string, substitutions: Substitutions): string =>
  substitutions.reduce((done, [onThePage, here]) => done.replaceAll(onThePage, here), text)

/** Mounted by test/packaging/service.test.ts, of the units at work. */
const ELSEWHERE = 'As a systemd service'

const page = readPage('docs/serve.md')
const isServe = ({ text }: ShownCommand): boolean => text.startsWith('virtfs serve ')

/** The command before a mount in its section. */
const before = (mount: ShownMount, matches: (command: ShownCommand) => boolean): ShownCommand | undefined =>
  page.commands.filter((command) => command.section === mount.section && command.line < mount.line).findLast(matches)

/** A section without a server goes on with that of the first recipe. */
const serverOf = (mount: ShownMount): ShownCommand | undefined => before(mount, isServe) ?? page.commands.find(isServe)

/** The commands that start servers, each with the mounts of what it serves. */
const groups = page.commands
  .filter(isServe)
  .map((serve) => ({
    serve,
    mounts: page.mounts.filter((mount) => mount.section !== ELSEWHERE && serverOf(mount) === serve),
  }))
  .filter(({ mounts }) => mounts.length > 0)

it('docs/serve.md has no mount in a form that would escape these tests, and none without a server', () => {
  const lines = page.text.split('\n').filter((line) => /trans=|mount -t 9p/.test(line))
  expect(lines.length).toBeGreaterThan(10)
  expect(page.mounts).toHaveLength(lines.length)
  const made = groups.flatMap(({ mounts }) => mounts)
  expect(page.mounts.filter((mount) => !made.includes(mount)).map(({ section }) => section)).toEqual([ELSEWHERE])
})

/** What a mount was used for: the files made there, each with the owner that the tree keeps for it. */
type Made = Readonly<Record<string, readonly [uid: number, gid: number]>>

/** An id as user.virtfs.uid has it: four bytes, little-endian. */
const stored = (id: number): string => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(id)
  return bytes.toString('hex')
}

/** Runs a program as an ordinary user, in the world of systemd, where util-linux is. */
const asUser = 'inside setpriv --reuid=1000 --regid=1000 --clear-groups'
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/** Scripts that make a mount and take it away. */
interface Ways {
  readonly make: string
  readonly unmake: string
}

/** Those of an entry of /etc/fstab. */
function waysOfEntry(options: readonly string[]): Ways {
  if (options.includes('x-systemd.automount')) {
    return {
      make: 'inside systemctl daemon-reload; inside systemctl start mnt.automount; inside ls /mnt > /dev/null',
      unmake: 'inside systemctl stop mnt.automount mnt.mount',
    }
  }
  const by = options.includes('user') ? asUser : 'inside'
  return { make: `${by} mount /mnt`, unmake: `${by} umount /mnt` }
}

describeGuest('the recipes of docs/serve.md', () => {
  describeSsh('with ssh', () => {
    describeSystemd('and systemd', ['systemctl', 'mke2fs'], () => {
      let guest: ServiceManager
      let sshd: Sshd
      let runtime: ReturnType<typeof directoryOfUnprivileged>
      beforeAll(async () => {
        guest = await ServiceManager.boot({ network: true })
        runtime = directoryOfUnprivileged('virtfs-runtime-')
        const runtimeDirectory = join(runtime.path, 'virtfs')
        asUnprivileged(() => mkdirSync(runtimeDirectory, 0o700))
        const { uid = 0, gid = 0 } = unprivileged
        sshd = await startSshd({ user: { uid, gid }, runtimeDirectory })
        await settleIn(guest, sshd)
      }, 300_000)
      afterAll(async () => {
        await guest?.[Symbol.asyncDispose]()
        await sshd?.[Symbol.asyncDispose]()
        runtime?.[Symbol.dispose]()
      })

      describe.each(groups)('served as on line $serve.line', ({ serve, mounts }) => {
        let directory: ReturnType<typeof directoryOfUnprivileged>
        let server: ServerProcess
        let relay: Relay | undefined
        beforeAll(async () => {
          directory = directoryOfUnprivileged()
          const tree = join(directory.path, 'guest')
          asUnprivileged(() => {
            mkdirSync(tree)
            writeFileSync(join(tree, 'there'), 'made on the host\n')
          })
          server = await serveByLine(tree, substitute(serve.text, forServe(tree)), { XDG_RUNTIME_DIR: runtime.path })
          if (server.address.startsWith('unix:')) relay = await relayTo(server.address.slice('unix:'.length))
        })
        afterAll(async () => {
          await relay?.[Symbol.asyncDispose]()
          await server?.[Symbol.asyncDispose]()
          directory?.[Symbol.dispose]()
        })

        for (const mount of mounts) {
          it(`${mount.section}: ${mount.text.replaceAll(/\s+/g, ' ')}`, async () => {
            const { make, unmake } = await waysOf(mount)
            await guest.check(make)
            expect(await mounted()).toMatch(/ 9p r[ow],[^\n]*\n$/)
            const made = await use(mount)
            await guest.check(unmake)
            expect(await mounted()).toBe('')
            for (const [name, [uid, gid]] of Object.entries(made)) {
              const path = join(server.tree, name)
              expect(readFileSync(path, 'latin1')).toBe('content\n')
              expect(attributesAt(path)).toMatchObject({
                'user.virtfs.uid': stored(uid),
                'user.virtfs.gid': stored(gid),
              })
            }
          })
        }
        const mounted = (): Promise<string> => guest.check(`grep " ${ROOT}/mnt " /proc/mounts || :`)

        /** The ways of a mount, with all that it needs on its way to the server. */
        async function waysOf(mount: ShownMount): Promise<Ways> {
          const ssh = before(mount, ({ text }) => text.startsWith('ssh '))
          const typed = (text: string): string => (ssh ? text : substitute(text, forMount(server.port)))
          let ways: Ways = { make: `inside sh -c ${quoted(typed(mount.text))}`, unmake: 'inside umount /mnt' }
          if (mount.form !== 'command') {
            // What NixOS makes of its configuration is a line of /etc/fstab.
            const entry = `${mount.source} ${mount.target} 9p ${mount.options} 0 0`
            await guest.write('/etc/fstab', typed(mount.form === 'nixos' ? entry : mount.text))
            ways = waysOfEntry(mount.options.split(','))
          }
          const { make, unmake } = ways
          if (ssh !== undefined) {
            const tunnel = `${asUser} sh -c ${quoted(substitute(ssh.text, forSsh(server.port)))}`
            return { make: `${tunnel}\n${make}`, unmake: `${unmake}\nkill $(pidof ssh)` }
          }
          if (relay === undefined) return ways
          return { make: `perl ${ROOT}/opt/relay.pl ${ROOT}${mount.source} ${relay.port}\n${make}`, unmake }
        }

        function use(mount: ShownMount): Promise<Made> {
          if (mount.options.split(',').includes('ro')) return look()
          return serve.text.includes('--map-uid') ? workInContainer() : work(mount)
        }

        /** Works as root, and gives away what was made. */
        async function work(mount: ShownMount): Promise<Made> {
          const name = `made-${mount.line}`
          const withAcl = mount.options.includes('posixacl')
          const seen = await guest.check(`
            cd ${ROOT}/mnt; cat there
            echo content > ${name}; chmod 640 ${name}; chown 5:6 ${name}; cat ${name}; stat -c '%a %u:%g' ${name}
            ${withAcl ? `setfacl -m u:7:r ${name}; getfacl -cn ${name} | grep 7` : ''}`)
          expect(seen).toBe(`made on the host\ncontent\n640 5:6\n${withAcl ? 'user:7:r--\n' : ''}`)
          return { [name]: [5, 6] }
        }

        async function look(): Promise<Made> {
          const seen = await guest.check(`cd ${ROOT}/mnt; cat there; touch new 2>&1 || :`)
          expect(seen).toBe('made on the host\ntouch: new: Read-only file system\n')
          return {}
        }

        async function workInContainer(): Promise<Made> {
          const inContainer = `
            cd ${ROOT}/mnt; cat there; echo content > root; cp root other; chown 999:998 other
            stat -c '%n %u:%g' root other`
          const seen = await guest.check(`perl ${ROOT}/opt/container.pl ${quoted(inContainer)}`)
          expect(seen).toBe('made on the host\nroot 0:0\nother 999:998\n')
          expect(await guest.check(`cat ${ROOT}/mnt/root 2>&1 || :`)).toMatch('Value too large for defined data type')
          return { root: [0, 0], other: [999, 998] }
        }
      })

      it('only root can mount, in a user namespace too', async () => {
        const mount = 'mount -t tmpfs none /tmp && ! mount -t 9p -o trans=tcp 10.0.2.2 /mnt'
        expect(await guest.check(`perl ${ROOT}/opt/container.pl ${quoted(mount)} 2>&1`)).toMatch('permission denied')
      })
    })
  })
})

/** Makes of the guest what the page takes for granted: a user 1000 with a runtime directory, who knows server.example. */
async function settleIn(guest: ServiceManager, sshd: Sshd): Promise<void> {
  const home = '/run/user/1000'
  await guest.write(
    `${home}/.ssh/config`,
    `Host server.example
       HostName 10.0.2.2
       HostKeyAlias server.example
       Port ${sshd.port}
       User ${USER}
       ExitOnForwardFailure yes
       ForkAfterAuthentication yes`,
  )
  await guest.write(`${home}/.ssh/known_hosts`, `server.example ${sshd.hostKey}`)
  await guest.write(`${home}/.ssh/id_ed25519`, sshd.key.trim(), 0o600)
  for (const program of ['relay.pl', 'container.pl']) {
    await guest.write(`/opt/${program}`, readFileSync(join(guestPrograms, program), 'utf8'), 0o755)
  }
  await guest.check(`
    echo 'alice:x:1000:1000::${home}:/bin/sh' >> ${ROOT}/etc/passwd
    mkdir -p ${ROOT}${home}/virtfs; chown -R 1000:1000 ${ROOT}${home}; chmod 700 ${ROOT}${home}/.ssh`)
}
