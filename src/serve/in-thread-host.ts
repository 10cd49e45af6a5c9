// Connections that all run in this thread: for programs that serve a tree from within, and for tests.

import { type Clock, systemClock } from '../clock.js'
import type { Model } from '../ownership/store.js'
import { bucketThrottle } from '../session/throttle.js'
import type { Fd } from '../sys/fd.js'
import type { DescriptorBudget } from '../view/descriptor-budget.js'
import { Connection } from './connection.js'
import { type ConnectionEvents, type ConnectionHost, nameOf, type RunningConnection } from './connection-host.js'
import type { ConnectionSettings } from './connection-settings.js'
import type { Log } from './log.js'
import { openServedView } from './served-view.js'

export interface InThreadOptions {
  /** The exported directory, which stays the caller's. */
  readonly tree: Fd
  readonly model: Model
  readonly settings: Omit<ConnectionSettings, 'securityModel' | 'modelOptions'>
  readonly budget: DescriptorBudget
  readonly log: Log
  readonly clock?: Clock
}

export class InThreadHost implements ConnectionHost {
  constructor(private readonly options: InThreadOptions) {}

  prepare(): void {}

  start(socket: Fd, number: number, { onClosed }: ConnectionEvents): RunningConnection {
    const { tree, model, settings, budget, log, clock = systemClock } = this.options
    const view = openServedView(tree, model, budget, settings.view)
    return new Connection(socket, view, {
      session: settings.session,
      idleTimeoutMs: settings.idleTimeoutMs,
      clock,
      log: (level, line) => log(level, `${nameOf(number)}: ${line}`),
      throttle: settings.throttling && bucketThrottle(settings.throttling),
      onClosed,
    })
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}
