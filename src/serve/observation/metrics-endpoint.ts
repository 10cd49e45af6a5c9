// Where Prometheus asks: a small HTTP server on an address of its own.

import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo } from 'node:net'
import { formatAddress, type ListenAddress } from '../sockets/address.js'
import type { Log } from '../log.js'
import { clearSocketPath, explainListenError, listenPrivately } from '../sockets/unix-socket.js'

export interface MetricsText {
  readonly contentType: string
  text(): Promise<string>
}

/** Disposing of it stops it at once. */
export interface MetricsEndpoint extends Disposable {
  readonly address: ListenAddress
}

/** How long a request may take to arrive, in milliseconds: what asks slowly is no Prometheus. */
const REQUEST_TIMEOUT = 10_000

/** Answers `GET /metrics` at `address` until it is closed. A unix socket is its owner's alone. */
export async function serveMetrics(address: ListenAddress, metrics: MetricsText, log: Log): Promise<MetricsEndpoint> {
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT }, answerWith(metrics, log))
  const path = address.kind === 'unix' ? address.path : undefined
  if (path !== undefined) await clearSocketPath(path)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(explainListenError(error, formatAddress(address), path)))
    server.once('listening', resolve)
    if (address.kind === 'tcp') server.listen(address.port, address.host)
    else if (path !== undefined) listenPrivately(server, path)
  })
  server.on('error', (error) => log('error', `Cannot answer for metrics: ${error.message}`))
  return {
    address: boundTo(server, address),
    [Symbol.dispose]: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

const boundTo = (server: Server, address: ListenAddress): ListenAddress =>
  address.kind === 'tcp' ? { ...address, port: (server.address() as AddressInfo).port } : address

function answerWith(metrics: MetricsText, log: Log): RequestListener {
  return (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end()
      return
    }
    if (request.url?.split('?')[0] !== '/metrics') {
      response.writeHead(404).end('Ask for /metrics.\n')
      return
    }
    metrics.text().then(
      (text) => response.writeHead(200, { 'content-type': metrics.contentType }).end(text),
      (cause: unknown) => {
        log('error', `defect: ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}`)
        response.writeHead(500).end()
      },
    )
  }
}
