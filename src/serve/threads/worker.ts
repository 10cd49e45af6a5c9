// The thread of one connection: it has a view, a session and a model of its own, and ends with its connection. Whatever
// goes wrong here ends this connection alone; what it leaves open the main thread closes by the ledger.

import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../../clock.js'
import { openModel } from '../../ownership/models.js'
import { observers, type SessionObserver } from '../../session/observer.js'
import { bucketThrottle } from '../../session/throttle.js'
import { Fd, keepLedger } from '../../sys/fd.js'
import { DescriptorLedger } from '../../sys/ledger.js'
import { duplicate } from '../../sys/process.js'
import { DescriptorBudget } from '../../view/descriptor-budget.js'
import { Connection } from '../connection.js'
import { type Gauges, MetricTable } from '../observation/metric-table.js'
import { openServedView } from '../served-view.js'
import { traceTo, writeToStderr } from '../observation/trace.js'
import type { FromWorker, ToWorker, WorkerData } from './worker-messages.js'

const { settings, tree: treeNumber, ledger, metrics, isTraced } = workerData as WorkerData
const port: MessagePort = parentPort!
const tell = (message: FromWorker): void => port.postMessage(message)

keepLedger(new DescriptorLedger(ledger))
const tree = duplicate(treeNumber)
const budget = new DescriptorBudget(0)
const model = openModel(settings.securityModel, settings.modelOptions)
let connection: Connection | undefined

function serve(socket: number, number: number): void {
  const view = openServedView(tree, model, budget, settings.view)
  connection = new Connection(new Fd(socket), view, {
    session: settings.session,
    idleTimeoutMs: settings.idleTimeoutMs,
    clock: systemClock,
    log: (level, line) => tell({ level, line }),
    throttle: settings.throttling && bucketThrottle(settings.throttling),
    observer: observerOf(number),
    onClosed: () => {
      tree.close()
      // Nothing keeps the thread then.
      port.close()
    },
  })
}

/** Who looks on; undefined where nobody does, so that nothing is measured. */
function observerOf(number: number): SessionObserver | undefined {
  const all: SessionObserver[] = []
  if (metrics !== undefined) all.push(new MetricTable(metrics).observer(gauges))
  if (isTraced) all.push(traceTo(writeToStderr, number))
  return all.length === 0 ? undefined : observers(all)
}

const gauges = (): Gauges => ({
  fids: connection?.fids ?? 0,
  requestsUnderWay: connection?.requestsUnderWay ?? 0,
  descriptors: budget.inUse,
})

port.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'serve':
      serve(message.socket, message.number)
      break
    case 'end':
      connection?.end()
      break
    case 'descriptors':
      budget.most = message.most
      budget.makeRoom()
      break
  }
})
