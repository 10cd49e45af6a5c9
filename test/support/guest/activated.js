#!/usr/bin/env node
// A service as systemd sees one, around `virtfs serve`: takes over the sockets, passes what comes to a server of its own,
// and says how it is. Runs in a guest, where the project lies in /opt/project. Its arguments are those of `virtfs`.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { inheritedSockets, Notifier, takeHandedOver } from '/opt/project/dist/src/index.js'

const notifier = Notifier.take(process.env, { log: (line) => process.stderr.write(`${line}\n`) })
const sockets = inheritedSockets(takeHandedOver(process.env).map(({ address }) => address))

// PrivateTmp= makes it nobody else's.
const inner = '/tmp/server.sock'
const command = ['/opt/project/bin/run.js', ...process.argv.slice(2), '--listen', `unix:${inner}`]
const server = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit'] })
server.once('exit', (code) => process.exit(code ?? 1))
await once(server.stdout, 'data')

const listeners = sockets.map(({ address }) =>
  createServer((outside) => {
    const inside = connect(inner)
    outside.pipe(inside).pipe(outside)
    outside.on('error', () => inside.destroy())
    inside.on('error', () => outside.destroy())
  }).listen({ fd: address.number }),
)
await Promise.all(listeners.map((listener) => once(listener, 'listening')))
notifier.ready(`serving on ${sockets.map(({ family }) => family).join(' and ')}`)

process.once('SIGTERM', () => {
  notifier.stopping('stopping')
  for (const listener of listeners) listener.close()
  server.kill('SIGTERM')
})
