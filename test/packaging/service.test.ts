// The units at work: a real systemd on a Debian kernel runs them, and the kernel's own client mounts what is served.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { ROOT, SERVICE_PROGRAM, SERVICE_USER, ServiceManager } from '../support/guest/service-manager.js'
import { describeGuest } from '../support/guest/suite.js'
import { readPage } from '../support/pages.js'
import { describeSystemd } from '../support/systemd.js'
import { unitText, withProgram } from '../support/unit.js'

const units = '/run/systemd/system'
const service = 'virtfs@guest.service'
const socket = 'virtfs@guest.socket'
const dropIn = `${units}/${service}.d`

/** Mounts the export of the instance `guest` on /mnt of the guest, which starts the service: as docs/serve.md has it. */
const [mount = ''] = readPage('docs/serve.md')
  .mounts.filter(({ section }) => section === 'As a systemd service')
  .map(({ text }) => text.replace('/run/', `${ROOT}/run/`))

describeGuest('a service under systemd', () => {
  describeSystemd('with its hardening', ['systemctl', 'mke2fs'], () => {
    let manager: ServiceManager
    beforeAll(async () => {
      manager = await ServiceManager.boot()
      await manager.write(`${units}/virtfs@.service`, withProgram(unitText('virtfs@.service'), SERVICE_PROGRAM))
      await manager.write(`${units}/virtfs@.socket`, unitText('virtfs@.socket'))
      await manager.write(`${dropIn}/node.conf`, '[Service]\nEnvironment=PATH=/opt/node:/usr/bin\nWatchdogSec=20\n')
      await manager.write(`${units}/${socket}.d/tcp.conf`, '[Socket]\nListenStream=127.0.0.1:5640\n')
      await manager.write(
        '/etc/virtfs/guest.conf',
        'VIRTFS_MODEL=mapped-xattr\nVIRTFS_FLAGS=--fmode 0600 --dmode 0700\n',
      )
      await manager.check(`
        cd /host; mkdir -p home/guest srv/virtfs/other; ln -s /home/guest srv/virtfs/guest
        chown ${SERVICE_USER}:${SERVICE_USER} home/guest srv/virtfs/other
        inside systemctl daemon-reload; inside systemctl start ${socket}`)
    }, 240_000)
    afterAll(() => manager?.[Symbol.asyncDispose]())

    it('the socket is there before the service, and is root’s alone', async () => {
      expect(await manager.check('stat -c "%a %u %F" /host/run/virtfs/guest.sock')).toBe('600 0 socket\n')
      expect(await manager.show(service, 'ActiveState')).toEqual({ ActiveState: 'inactive' })
    })

    it('a client starts it, and it says that it is ready', async () => {
      await manager.check(mount)
      expect(await manager.show(service, 'ActiveState', 'StatusText', 'NRestarts')).toEqual({
        ActiveState: 'active',
        StatusText: 'Serving /srv/virtfs/guest (mapped-xattr) on fd:3 fd:4',
        NRestarts: '0',
      })
    })

    it('it keeps what a guest’s root does, in a tree that a symlink says lies in /home', async () => {
      const seen = await manager.check(`
        cd /mnt
        echo content > file; chown 5:6 file; chmod 4750 file; ln -s file symlink; mknod null c 1 3; mkdir -m 2711 directory
        setfattr -n user.name -v value file; mv file directory/renamed
        find . | sort | xargs stat -c '%n %a %u:%g %F'
        getfattr -n user.name --only-values directory/renamed; echo
        cd /host/home/guest; find . -type f | sort | xargs stat -c '%n %a %u'`)
      expect(seen.split('\n')).toEqual([
        `. 755 ${SERVICE_USER}:${SERVICE_USER} directory`,
        './directory 2711 0:0 directory',
        './directory/renamed 4750 5:6 regular file',
        './null 644 0:0 character special file',
        './symlink 777 0:0 symbolic link',
        'value',
        `./directory/renamed 600 ${SERVICE_USER}`,
        `./null 600 ${SERVICE_USER}`,
        `./symlink 600 ${SERVICE_USER}`,
        '',
      ])
    })

    it('TCP sockets of the socket unit work in its network, which is empty', async () => {
      await manager.check(`
        mkdir -p /tcp; mount -t 9p -o trans=tcp,port=5640,version=9p2000.L,access=client 127.0.0.1 /tcp
        [ "$(ls /tcp)" = "$(ls /mnt)" ]; umount /tcp`)
      const interfaces = await manager.check(`inside cat /proc/${await mainPid()}/net/dev`)
      expect([...interfaces.matchAll(/^ *(\w+):/gm)].map(([, name]) => name)).toEqual(['lo'])
    })

    it('it has no privilege, and can write to the tree and to what is private to it alone', async () => {
      const pid = await mainPid()
      const status = await manager.check(`inside cat /proc/${pid}/status`)
      for (const line of [`Uid:\t${`${SERVICE_USER}\t`.repeat(3)}${SERVICE_USER}`, 'NoNewPrivs:\t1', 'Seccomp:\t2']) {
        expect(status).toContain(`${line}\n`)
      }
      expect(status.match(/^Cap\w+:\t0{16}$/gm)).toHaveLength(5)
      const mounts = (await manager.check(`inside cat /proc/${pid}/mountinfo`))
        .split('\n')
        .map((line) => line.split(' '))
      const writable = mounts.filter(([, , , , , options]) => options?.startsWith('rw')).map(([, , , , path]) => path)
      const isPrivate = (path: string | undefined): boolean => /^\/(dev\/.*|proc|tmp|var\/tmp)$/.test(path ?? '')
      expect(writable.filter((path) => !isPrivate(path))).toEqual(['/srv/virtfs/guest'])
    })

    it('it does not see the trees of others', async () => {
      expect(await manager.check(`inside ls /proc/${await mainPid()}/root/srv/virtfs`)).toBe('guest\n')
    })

    it('it says again and again that it is alive', async () => {
      const alive = async (): Promise<string | undefined> =>
        (await manager.show(service, 'WatchdogTimestampMonotonic'))['WatchdogTimestampMonotonic']
      const before = await alive()
      expect(Number(before)).toBeGreaterThan(0)
      await manager.until(`[ "$(inside systemctl show -P WatchdogTimestampMonotonic ${service})" != ${before} ]`)
      expect(await manager.show(service, 'ActiveState', 'NRestarts')).toEqual({ ActiveState: 'active', NRestarts: '0' })
    })

    it('it stops well, and its socket stays', async () => {
      await stop()
      expect(await manager.show(service, 'ActiveState', 'Result', 'ExecMainStatus')).toEqual({
        ActiveState: 'inactive',
        Result: 'success',
        ExecMainStatus: '0',
      })
      expect(await manager.check('stat -c %F /host/run/virtfs/guest.sock')).toBe('socket\n')
    })

    it('what is refused is not tried again: its client is sent away, and the socket waits for the next one', async () => {
      await manager.write('/etc/virtfs/guest.conf', 'VIRTFS_MODEL=none\nVIRTFS_FLAGS=--fmode 0600\n')
      await manager.check(`! ${mount} 2> /dev/null`)
      await manager.until(`[ $(inside systemctl show -P ActiveState ${service}) = failed ]`)
      expect(await manager.show(service, 'Result', 'ExecMainStatus', 'NRestarts')).toEqual({
        Result: 'exit-code',
        ExecMainStatus: '2',
        NRestarts: '0',
      })
      expect(await manager.show(socket, 'SubState')).toEqual({ SubState: 'listening' })
    })

    it('with passthrough.conf, what a guest’s root does is real, but no device can be opened', async () => {
      await manager.write('/etc/virtfs/guest.conf', 'VIRTFS_MODEL=passthrough\n')
      await manager.write(`${dropIn}/passthrough.conf`, unitText('passthrough.conf'))
      const seen = await manager.check(`
        rm -rf /host/home/guest/* /host/home/guest/.v*
        inside systemctl daemon-reload; inside systemctl reset-failed; inside systemctl start ${socket}
        ${mount}
        cd /mnt; echo content > file; chown 5:6 file; chmod 6755 file; mkdir directory; chown 8:9 directory
        chmod 2770 directory; echo content > directory/file; mknod char c 1 3; mknod block b 7 0; mkfifo fifo
        stat -c '%n %a %u:%g %F' /host/home/guest/* /host/home/guest/directory/* | sed 's|/host/home/guest/||'`)
      expect(seen.split('\n')).toEqual([
        'block 644 0:0 block special file',
        'char 644 0:0 character special file',
        'directory 2770 8:9 directory',
        'fifo 644 0:0 fifo',
        'file 6755 5:6 regular file',
        'directory/file 644 0:9 regular file',
        '',
      ])
      // What the processes of the service may do, root or not: make any device, and open only harmless ones.
      const inCgroup = await manager.check(`
        cgroup=/host/sys/fs/cgroup$(inside systemctl show -P ControlGroup ${service})
        sh -c "echo \\$\\$ > $cgroup/cgroup.procs; mknod /run/kmsg c 1 11 && echo made
          true < /dev/null && echo null; true < /run/kmsg || echo refused" 2> /dev/null; rm /run/kmsg`)
      expect(inCgroup).toBe('made\nnull\nrefused\n')
      expect(await manager.check(`inside cat /proc/${await mainPid()}/mountinfo`)).toMatch(/ \/run ro,/)
      await stop()
    })

    it('the drop-ins of docs/serve.md allow what they say', async () => {
      const flags = '--fmode 0644 --dmode 0755 --listen tcp:127.0.0.1:5650 --listen unix:/run/virtfs-guest/x.sock'
      await manager.check(`rm ${`/host${dropIn}`}/passthrough.conf`)
      await manager.write(
        '/etc/virtfs/guest.conf',
        `VIRTFS_MODEL=mapped-xattr\nVIRTFS_TREE=/home/elsewhere\nVIRTFS_FLAGS=${flags}\n`,
      )
      const tree = 'ReadWritePaths=/home/elsewhere\nProtectHome=no'
      const tcp = 'PrivateNetwork=no\nRestrictAddressFamilies=AF_INET AF_INET6\nIPAddressAllow=localhost'
      const others = 'RuntimeDirectory=virtfs-guest\nUMask=0022'
      await manager.write(`${dropIn}/more.conf`, `[Service]\n${tree}\n${tcp}\n${others}\n`)
      const seen = await manager.check(`
        mkdir /host/home/elsewhere; chown ${SERVICE_USER} /host/home/elsewhere
        inside systemctl daemon-reload; inside systemctl start ${socket}; ${mount}; mkdir -p /tcp /unix
        mount -t 9p -o trans=tcp,port=5650,version=9p2000.L,access=client 127.0.0.1 /tcp
        mount -t 9p -o trans=unix,version=9p2000.L,access=client /host/run/virtfs-guest/x.sock /unix
        echo content > /mnt/file; mkdir /mnt/directory
        cat /tcp/file /unix/file; stat -c '%a %n' /host/home/elsewhere/*; umount /tcp /unix`)
      expect(seen).toBe('content\ncontent\n755 /host/home/elsewhere/directory\n644 /host/home/elsewhere/file\n')
      await stop()
    })

    const stop = (): Promise<string> => manager.check(`umount /mnt; inside systemctl stop ${service} 2> /dev/null`)
    const mainPid = async (): Promise<string> => (await manager.show(service, 'MainPID'))['MainPID'] ?? ''
  })
})
