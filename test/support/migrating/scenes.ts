// What the machine of each section of docs/migrate.md is like before its first command is typed.

import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { Conversion } from '../../../src/convert/conversion.js'
import { requestOf } from '../conversion/sample-conversion.js'
import { GuestSystem } from '../guest-system.js'
import { READER } from '../readers-machine.js'
import { ViewedTree } from '../viewed-tree.js'
import { startDomain } from './domain.js'
import { LIBVIRT_QEMU, type MigratingHost } from './migrating-host.js'

type Scene = (host: MigratingHost) => void | Promise<void>

/** /srv/guest, whose files belong to `hostUid`. */
function guestSystem(host: MigratingHost, hostUid: number, model?: 'mapped-xattr' | 'mapped-file'): void {
  using system = new GuestSystem(hostUid, model)
  host.move(system.path, 'srv/guest')
}

const ofAlice: Scene = (host) => guestSystem(host, READER)

/** A directory of alice's home, in which her namesake in a guest has worked. */
function sharedDirectory(host: MigratingHost): void {
  using tree = new ViewedTree('mapped-xattr')
  tree.mkdir('project', 0o755)
  tree.write('project/run.sh', '#!/bin/sh\n', 0o755)
  tree.symlink('run.sh', 'project/latest')
  for (const path of ['project', 'project/run.sh', 'project/latest']) tree.chown(path, READER, READER)
  tree.endView()
  // Made when nobody kept owners in attributes any more.
  writeFileSync(tree.at('project/notes'), 'words\n', { mode: 0o644 })
  execFileSync('chown', ['-R', `${READER}:${READER}`, tree.path])
  host.move(tree.path, 'home/alice/Public')
}

/** A conversion of /srv/guest to passthrough that came as far as its first files. */
async function interrupted(host: MigratingHost): Promise<void> {
  guestSystem(host, LIBVIRT_QEMU)
  const request = { tree: host.at('srv/guest'), from: undefined, to: 'passthrough', verifies: true } as const
  await using conversion = Conversion.open(requestOf(request))
  let isBegun = false
  const outcome = await conversion.carryOut(await conversion.plan(), {
    progressed: (done) => (isBegun = done > 0),
    isStopped: () => isBegun,
  })
  if (outcome.interruption !== 'stopped' || outcome.changed === 0) throw new Error('Cannot interrupt a conversion')
}

/** /srv/disk has less room than the guest's files need. */
function smallDisk(host: MigratingHost): void {
  guestSystem(host, LIBVIRT_QEMU)
  writeFileSync(host.at('srv/guest/var/log/messages'), 'a line\n'.repeat(9_500))
  const { printed, exitCode } = host.type({
    text: 'mkdir /srv/disk; mount -t tmpfs -o size=48k tmpfs /srv/disk',
    prompt: '#',
  })
  if (exitCode !== 0) throw new Error(`Cannot make a disk: ${printed}`)
}

/** What libvirt shares, and its guest is running. */
function runningDomain(host: MigratingHost): void {
  guestSystem(host, LIBVIRT_QEMU)
  startDomain(host)
}

/** By the titles of the sections. */
export const scenes: Readonly<Record<string, Scene>> = {
  'Before anything else': ofAlice,
  'From libvirt 9p to virtiofs': runningDomain,
  'virtiofs under qemu:///session': ofAlice,
  'Lima, UTM, quickemu': sharedDirectory,
  'To another Linux host': sharedDirectory,
  'Trees with .virtfs_metadata': (host) => guestSystem(host, READER, 'mapped-file'),
  'Rootless containers': ofAlice,
  'It was interrupted': interrupted,
  'To put it back': interrupted,
  'The disk is full': smallDisk,
  'Something is refused': (host) => guestSystem(host, LIBVIRT_QEMU),
  'Without root': ofAlice,
  'Somebody has the tree open': runningDomain,
  'A copy instead': (host) => guestSystem(host, LIBVIRT_QEMU),
}
