// systemd in a guest: the real one, on a real kernel, where units may do what they like.
//
// The guest's agent is its first process, so systemd is the first of a pid namespace, in a root of its own. That has the
// host's /usr, read-only, and nothing of the host's configuration; of systemd's own units only empty targets.

import { dirname } from 'node:path'
import { Guest } from './guest.js'
import type { VirtfsExport } from './qemu.js'
import { requireGuestTools } from './requirements.js'
import { reachableProject } from './unprivileged.js'

/** Where the root of systemd's world lies in the guest's. */
export const ROOT = '/host'
/** The service's program there. */
export const SERVICE_PROGRAM = '/opt/project/bin/run.js'

/** uid and gid of the user `virtfs` there. */
export const SERVICE_USER = 990

const setUp = `
mkdir ${ROOT}
mount -t tmpfs -o mode=755 tmpfs ${ROOT}
cd ${ROOT}
mkdir -p usr proc sys dev run tmp var etc/virtfs srv/virtfs opt/project opt/node opt/kernel root home mnt
chmod 1777 tmp
for directory in bin sbin lib lib64; do ln -s usr/$directory $directory; done
ln -s ../run var/run
mount -t devtmpfs devtmpfs dev
mount -t tmpfs -o mode=755 tmpfs run
options=trans=virtio,version=9p2000.L,msize=262144,cache=loose,ro
mount -t 9p -o $options usr usr
mount -t 9p -o $options project opt/project
mount -t 9p -o $options node opt/node
mount -t 9p -o $options kernel opt/kernel
# /home keeps user attributes, which tmpfs learned in Linux 6.6. systemd looks for autofs once, when it starts.
chroot . /usr/sbin/modprobe -d /opt/kernel -a ext4 loop autofs4
truncate -s 64M run/disk
chroot . /usr/sbin/mke2fs -q -t ext4 /run/disk
mount -t ext4 -o loop run/disk home
mkdir -p run/systemd/system
cat > etc/passwd <<END
root:x:0:0::/root:/bin/sh
virtfs:x:${SERVICE_USER}:${SERVICE_USER}::/srv/virtfs:/usr/sbin/nologin
END
cat > etc/group <<END
root:x:0:
virtfs:x:${SERVICE_USER}:
END
echo 0123456789abcdef0123456789abcdef > etc/machine-id
mkdir /run/units
for target in basic final shutdown sockets sysinit umount; do
  printf '[Unit]\\nDefaultDependencies=no\\n' > /run/units/$target.target
done
mount --bind /run/units usr/lib/systemd/system
printf '[Unit]\\nRequires=basic.target\\n' > run/systemd/system/default.target
unshare -p -f chroot ${ROOT} /lib/systemd/systemd --log-target=console --show-status=no < /dev/null > /dev/null 2>&1 &
`

/**
 * Runs a program of systemd's world inside it: systemd speaks to nobody from outside its namespace. Given a name without a
 * path, busybox's chroot would run its own program of that name.
 */
const inside = `inside() { nsenter -t $(pidof systemd) -p chroot ${ROOT} /usr/bin/env "$@"; }\n`

/** A guest whose services are run by systemd. */
export class ServiceManager implements AsyncDisposable {
  private constructor(
    private readonly guest: Guest,
    private readonly project: Disposable,
  ) {}

  /** Boots a guest, with a network card if told so, and waits for systemd. The project must be built. */
  static async boot({ network = false } = {}): Promise<ServiceManager> {
    const project = reachableProject()
    const shares = {
      usr: '/usr',
      project: project.root,
      node: dirname(project.node),
      kernel: requireGuestTools().kernel.base,
    }
    const virtfs = Object.entries(shares).map(([tag, path]): VirtfsExport => ({
      path,
      tag,
      securityModel: 'none',
      options: 'readonly=on',
    }))
    const guest = await Guest.boot({ virtfs, network, memoryMiB: 1024 })
    const manager = new ServiceManager(guest, project)
    try {
      await guest.check(setUp)
      await manager.until('[ "$(inside systemctl is-system-running)" = running ]')
      return manager
    } catch (cause) {
      await manager[Symbol.asyncDispose]()
      throw cause
    }
  }

  /**
   * Runs a script in the guest's world, in which `inside` runs a program in systemd's. What mounts and unmounts by
   * util-linux must be inside: /proc is that of systemd's namespace, where nobody else finds himself.
   */
  check(script: string): Promise<string> {
    return this.guest.check(inside + script, { timeoutMs: 150_000 })
  }

  /** Waits until a script succeeds. */
  async until(script: string): Promise<void> {
    await this.check(`while ! { ${script}; }; do sleep 0.3; done 2> /dev/null`)
  }

  /** Writes a file of systemd's world. */
  async write(path: string, content: string, mode = 0o644): Promise<void> {
    const at = `${ROOT}${path}`
    const end = 'END-OF-THE-FILE'
    await this.guest.check(
      `mkdir -p "${dirname(at)}" && cat > "${at}" <<'${end}'\n${content}\n${end}\nchmod ${mode.toString(8)} "${at}"`,
    )
  }

  /** Values of a unit's properties, by name. */
  async show(unit: string, ...properties: readonly string[]): Promise<Record<string, string>> {
    const printed = await this.check(`inside systemctl show -p ${properties.join(',')} ${unit}`)
    const lines = printed.split('\n').filter((line) => line !== '')
    return Object.fromEntries(lines.map((line) => [line.replace(/=.*/s, ''), line.replace(/^[^=]*=/, '')]))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.guest.shutdown()
    this.project[Symbol.dispose]()
  }
}
