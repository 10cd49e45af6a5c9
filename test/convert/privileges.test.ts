// What a process may do, said beforehand from /proc, beside what real processes can do: root, nobody, root of a user
// namespace, and root without one capability or another.

import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type HostOwner,
  isMapped,
  mayChange,
  mayGive,
  mayMakeDevices,
  maySetGroupId,
} from '../../src/convert/privileges.js'
import { type Credentials, ownCredentials, parseCredentials } from '../../src/sys/credentials.js'
import { asNobody, isRoot, nobody } from '../support/host/nobody.js'
import { HostTree } from '../support/host/tree.js'

let tree: HostTree
beforeEach(() => {
  tree = new HostTree()
  chmodSync(tree.path, 0o777)
})
afterEach(() => tree[Symbol.dispose]())

/** Owners of files, and whom they are to be given to. Each is somebody to some of the processes. */
const IDS = [0, 1000, 65_534, 100_005]
const GROUPS = [0, 1000, 100_005]
const owners = IDS.flatMap((uid) => GROUPS.map((gid): HostOwner => ({ uid, gid })))

/** Processes, by the programs that they are started through. */
const NOBODY = ['setpriv', '--reuid=65534', '--regid=65534']
const kinds: Record<string, readonly string[]> = {
  root: [],
  nobody: [...NOBODY, '--clear-groups'],
  'nobody in a group': [...NOBODY, '--groups=1000,4'],
  'root of a user namespace': ['unshare', '-Ur'],
  'root of a user namespace of nobody’s': [...NOBODY, '--clear-groups', 'unshare', '-Ur'],
  ...Object.fromEntries(
    ['chown', 'fowner', 'fsetid', 'mknod'].map((capability) => [
      `root without CAP_${capability.toUpperCase()}`,
      ['setpriv', `--bounding-set=-${capability}`],
    ]),
  ),
}

/** Says what /proc says of the process, then what it sees of each file, then what it did. */
const TRY = `
cat /proc/self/status; echo ----; cat /proc/self/uid_map; echo ----; cat /proc/self/gid_map; echo ----
readlink /proc/self/ns/user; echo ----
cd files
stat -c 'is %n %u %g' *
for file in *; do
  case $file in
  give-*) chown \${file##*-} $file && echo done $file ;;
  mode-*) chmod 755 $file && echo done $file
          chmod 2755 $file && [ -g $file ] && echo setgid $file ;;
  esac
done
mknod ../device c 1 3 && echo device
exit 0
`

/** What a process that is started through `programs` may do, and what it did, as lines; both without an order. */
function saidAndDone(programs: readonly string[]): {
  readonly said: readonly string[]
  readonly done: readonly string[]
} {
  mkdirSync(tree.at('files'))
  for (const { uid, gid } of owners) {
    const make = (file: string): void => {
      writeFileSync(tree.at(`files/${file}`), '')
      chownSync(tree.at(`files/${file}`), uid, gid)
    }
    make(`mode-${uid}:${gid}`)
    for (const wanted of owners) make(`give-${uid}:${gid}-${wanted.uid}:${wanted.gid}`)
  }
  const [program = '', ...rest] = [...programs, 'sh', '-c', TRY]
  const output = execFileSync(program, rest, {
    cwd: tree.path,
    encoding: 'latin1',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [status = '', uidMap = '', gidMap = '', userNamespace = '', facts = ''] = output.split('----\n')
  const credentials = parseCredentials({ status, uidMap, gidMap, userNamespace: userNamespace.trim() })
  const done = new Set(facts.match(/^(?:done|setgid|device).*$/gm))
  const said = new Set(mayMakeDevices(credentials) ? ['device'] : [])
  for (const [, file = '', uid, gid] of facts.matchAll(/^is (\S+) (\d+) (\d+)$/gm)) {
    const owner = { uid: Number(uid), gid: Number(gid) }
    if (file.startsWith('mode-')) {
      if (!mayChange(credentials, owner)) continue
      said.add(`done ${file}`)
      if (maySetGroupId(credentials, owner)) said.add(`setgid ${file}`)
    } else {
      const [wantedUid, wantedGid] = file.split('-').at(-1)!.split(':').map(Number)
      const wanted = { uid: wantedUid!, gid: wantedGid! }
      // What is as it should be need not be touched, which might be refused.
      if (owner.uid === wanted.uid && owner.gid === wanted.gid) done.add(`done ${file}`)
      if (mayGive(credentials, owner, wanted)) said.add(`done ${file}`)
    }
  }
  return { said: [...said].sort(), done: [...done].sort() }
}

describe.runIf(isRoot)('a process can do what was said, and nothing else:', () => {
  it.each(Object.keys(kinds))('%s', (kind) => {
    const { said, done } = saidAndDone(kinds[kind]!)
    expect(done.length).toBeGreaterThan(0)
    expect(said).toEqual(done)
  })

  it('root of a namespace that maps ids', async () => {
    const holder = spawn('unshare', ['-U', 'sleep', 'infinity'])
    try {
      await mapIds(holder.pid!, '0 100000 2000')
      const { said, done } = saidAndDone(['nsenter', '-U', '-t', String(holder.pid), '-S', '0', '-G', '0'])
      expect(done).toContain('done give-100005:100005-1000:0')
      expect(said).toEqual(done)
    } finally {
      holder.kill()
    }
  })

  it('less is said than can be done of nobody in a namespace, who cannot tell what is his', () => {
    const { said, done } = saidAndDone(['unshare', '-U'])
    expect(done).toContain('done mode-0:0')
    expect(done.filter((line) => said.includes(line))).toEqual(said)
    expect(said.filter((line) => line.includes('mode'))).toEqual([])
  })
})

/** Maps the ids of a process's user namespace, once it is in one. */
async function mapIds(pid: number, map: string): Promise<void> {
  const namespaceOf = (process: number | 'self'): string => readlinkSync(`/proc/${process}/ns/user`)
  while (namespaceOf(pid) === namespaceOf('self')) await setTimeout(1)
  for (const file of ['uid_map', 'gid_map']) writeFileSync(`/proc/${pid}/${file}`, map)
}

describe('what /proc says', () => {
  const STATUS = `Name:	a
name
Umask:	0022
Uid:	1000	1001	1002	1003
Gid:	2000	2001	2002	2003
Groups:	4 24 1000 
NoNewPrivs:	0
CapEff:	0000000008000009
CapBnd:	000001ffffffffff
`
  const whole = { uidMap: '         0          0 4294967295\n', gidMap: '         0          0 4294967295\n' }

  it('is ids, groups and capabilities', () => {
    const found = parseCredentials({ status: STATUS, ...whole, userNamespace: 'user:[4026531837]' })
    expect(found).toEqual({
      uid: 1003,
      gid: 2003,
      groups: [4, 24, 1000],
      capabilities: 0x8000009,
      uids: [{ first: 0, count: 4_294_967_295 }],
      gids: [{ first: 0, count: 4_294_967_295 }],
      isInInitialNamespace: true,
    })
    expect(structuredClone(found)).toEqual(found)
    expect(mayMakeDevices(found)).toBe(true)
  })

  it('is in a rootless container which ids there are', () => {
    const maps = { uidMap: '         0       1000          1\n         1     100000      65536\n', gidMap: '' }
    const found = parseCredentials({ status: STATUS, ...maps, userNamespace: 'user:[4026532211]' })
    expect(found.uids).toEqual([
      { first: 0, count: 1 },
      { first: 1, count: 65_536 },
    ])
    expect(found.gids).toEqual([])
    expect(mayMakeDevices(found)).toBe(false)
    const inGroupZero: Credentials = { ...found, gids: [{ first: 0, count: 1 }] }
    const mapped = [0, 1, 65_536, 65_537].map((uid) => isMapped(inGroupZero, { uid, gid: 0 }))
    expect(mapped).toEqual([true, true, true, false])
    expect(isMapped(inGroupZero, { uid: 0, gid: 1 })).toBe(false)
  })

  it('that cannot be read grants nothing', () => {
    const found = parseCredentials({ status: '', uidMap: '', gidMap: '', userNamespace: '' })
    expect(mayMakeDevices(found)).toBe(false)
    expect(mayChange(found, { uid: 0, gid: 0 })).toBe(false)
    expect(mayGive(found, { uid: 0, gid: 0 }, { uid: 1, gid: 1 })).toBe(false)
  })

  it('of this process is what node says, and follows the effective ids', () => {
    const { uid, gid, groups } = ownCredentials()
    expect([uid, gid]).toEqual([process.geteuid!(), process.getegid!()])
    expect([...groups].sort()).toEqual(
      process.getgroups!()
        .filter((group) => groups.includes(group))
        .sort(),
    )
    const lowered = asNobody(ownCredentials)
    expect([lowered.uid, lowered.gid]).toEqual([nobody.uid, nobody.gid])
    if (isRoot) expect(lowered.capabilities).toBe(0)
  })
})
