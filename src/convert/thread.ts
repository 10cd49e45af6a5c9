// One of a conversion's threads. Whatever goes wrong in it ends the run; what it leaves open the calling thread closes.

import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { LinuxDirectory } from '../host/linux-host.js'
import { keepLedger } from '../sys/fd.js'
import { DescriptorLedger } from '../sys/ledger.js'
import { openTree } from '../sys/open.js'
import { takeWorkingDirectory } from '../sys/working-directory.js'
import { actOf } from './acts.js'
import { type FromThread, READY, type ThreadData, type ToThread } from './crew-messages.js'
import { EntryWorker } from './entry-worker.js'
import { Staging } from './staging.js'

const { task, root, destination, staging, owner, settings, ledger } = workerData as ThreadData
const port: MessagePort = parentPort!

keepLedger(new DescriptorLedger(ledger))
takeWorkingDirectory()
const open = (path: string): LinuxDirectory => new LinuxDirectory(openTree(path))
const act = actOf(task, settings, new Staging(openTree(staging), owner))
const worker = new EntryWorker(
  open(root),
  destination === undefined ? undefined : open(destination),
  act,
  settings.isLogged,
)

const tell = (message: FromThread): void => port.postMessage(message)
port.on('message', (portion: ToThread) => tell(worker.work(portion)))
tell(READY)
