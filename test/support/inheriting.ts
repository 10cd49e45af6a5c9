// A process that is handed sockets: says what it takes them for, and serves the word "served" on each.

import { join } from 'node:path'
import { projectRoot } from './guest/project.js'

/**
 * Prints one JSON document: what was handed over, what each socket is (or why it is refused), which variables are left
 * and which sockets a child would inherit. Arguments are further descriptors, or flags of AddressRules. Then it serves
 * each socket once, and ends.
 */
const script = `
  import { spawnSync } from 'node:child_process'
  import { writeSync } from 'node:fs'
  import { createServer, Socket } from 'node:net'
  const { inheritedSockets, takeHandedOver } = await import(process.argv[1])
  const rules = { allowRemote: process.argv.includes('allowRemote') }
  const given = process.argv.slice(2).filter((argument) => /^\\d+$/.test(argument)).map(Number)
  const said = {}
  try {
    said.taken = takeHandedOver(process.env)
    const addresses = [...said.taken.map(({ address }) => address), ...given.map((number) => ({ kind: 'fd', number }))]
    said.sockets = inheritedSockets(addresses, rules)
  } catch (cause) {
    said.refused = cause.name + ': ' + cause.message
  }
  said.variables = Object.keys(process.env).filter((name) => name.startsWith('LISTEN_'))
  const list = 'for (glob "/proc/self/fd/*") { my $to = readlink; print m{(\\d+)$}, "\\n" if ($to // "") =~ /^socket:/ and !m{/[012]$} }'
  said.childInherits = spawnSync('perl', ['-e', list], { encoding: 'utf8' }).stdout.split('\\n').filter(Boolean).map(Number)
  // Whoever is told in this way may be at the other end of fd 1 too.
  writeSync(2, JSON.stringify(said) + '\\n')
  for (const { address, state } of said.sockets ?? []) {
    if (state === 'connected') new Socket({ fd: address.number }).end('served')
    else {
      const server = createServer((socket) => {
        socket.end('served')
        server.close()
      }).listen({ fd: address.number })
    }
  }`

/** The command line of such a process. */
export const inheriting = (...args: readonly (number | string)[]): string[] => [
  process.execPath,
  '--input-type=module',
  '-e',
  script,
  join(projectRoot, 'dist', 'src', 'serve', 'sockets', 'inherited.js'),
  ...args.map(String),
]

/** What such a process says. */
export interface Inherited {
  readonly taken?: readonly {
    readonly address: { readonly kind: 'fd'; readonly number: number }
    readonly name: string
  }[]
  readonly sockets?: readonly object[]
  readonly refused?: string
  readonly variables: readonly string[]
  readonly childInherits: readonly number[]
}
