// One of a walk's threads. Whatever goes wrong in it ends the walk; what it leaves open the calling thread closes.

import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { thisHost } from '../host/this-host.js'
import { isSupportedHost } from '../sys/abi.js'
import { keepLedger } from '../sys/fd.js'
import { DescriptorLedger } from '../sys/ledger.js'
import { takeWorkingDirectory } from '../sys/working-directory.js'
import { type FromThread, READY, type ThreadData, type ToThread } from './thread-messages.js'
import { loadVisitor } from './visitor.js'
import { Walker } from './walker.js'

const { start, visitor, limits, ledger } = workerData as ThreadData
const port: MessagePort = parentPort!

keepLedger(new DescriptorLedger(ledger))
if (isSupportedHost) takeWorkingDirectory()
const walker = new Walker(thisHost.openDirectory(start), await loadVisitor(visitor), limits)

const tell = (message: FromThread<unknown>): void => port.postMessage(message, walker.takeTransfer())

port.on('message', (tasks: ToThread) => tell(walker.work(tasks)))
tell(READY)
