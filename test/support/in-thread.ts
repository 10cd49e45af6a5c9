// A thread of its own for code that changes what belongs to a thread. Threads load JavaScript: the built program.

import { once } from 'node:events'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { projectRoot } from './guest/project.js'

/**
 * Runs the statements of `body` and returns what they give to `answer`. In them `load('sys/open')` imports a module of
 * src, and `data` is what was handed over.
 */
export async function inThread<T>(body: string, data: unknown): Promise<T> {
  const source = `
    import { parentPort, workerData } from 'node:worker_threads'
    const { top, data } = workerData
    const load = (path) => import(new URL(path + '.js', top).href)
    const answer = (value) => parentPort.postMessage(value)
    ${body}`
  const top = pathToFileURL(join(projectRoot, 'dist/src/')).href
  const url = new URL(`data:text/javascript,${encodeURIComponent(source)}`)
  const worker = new Worker(url, { workerData: { top, data } })
  try {
    const [message] = (await once(worker, 'message')) as [T]
    return message
  } finally {
    await worker.terminate()
  }
}
