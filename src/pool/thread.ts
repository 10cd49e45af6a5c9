// One of the threads. Whatever goes wrong in it ends it; what it leaves open the calling thread closes.

import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { isSupportedHost } from '../sys/abi.js'
import { keepLedger } from '../sys/fd.js'
import { DescriptorLedger } from '../sys/ledger.js'
import { takeWorkingDirectory } from '../sys/working-directory.js'
import type { Job, JobModule, JobSource } from './job.js'
import { type FromThread, READY, type ThreadData, type ToThread } from './messages.js'

const { ledger } = workerData as ThreadData
const port: MessagePort = parentPort!
const tell = (message: FromThread, transfer: readonly ArrayBuffer[] = []): void => port.postMessage(message, transfer)

keepLedger(new DescriptorLedger(ledger))
if (isSupportedHost) takeWorkingDirectory()

let job: Job<unknown, unknown> | undefined

async function begin(source: JobSource | undefined): Promise<void> {
  job?.[Symbol.dispose]()
  job = source && (await jobOf(source))
  tell({ answer: undefined })
}

async function jobOf({ module, options }: JobSource): Promise<Job<unknown, unknown>> {
  const { createJob } = (await import(module)) as JobModule<unknown, unknown>
  return await createJob(options)
}

function work(piece: unknown): void {
  const answer = job!.work(piece)
  tell({ answer }, job!.takeTransfer?.())
}

/** Messages come while a job's module is still being loaded; a failure in one of them is nobody's, which ends the thread. */
let done = Promise.resolve()
port.on('message', (message: ToThread) => {
  done = done.then(() => ('work' in message ? work(message.work) : begin(message.begin)))
})
tell(READY)
