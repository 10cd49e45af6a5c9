// The tables of all connections, added up.

import { MetricTable } from './metric-table.js'

/** The tables of connections that are there, and the sum of those that are over. */
export class MetricTables {
  private readonly live = new Set<MetricTable>()
  private readonly past = new MetricTable()

  /** A table for a new connection. */
  open(): MetricTable {
    const table = new MetricTable()
    this.live.add(table)
    return table
  }

  /** Called when its connection is over. */
  retire(table: MetricTable): void {
    if (this.live.delete(table)) this.past.add(table, true)
  }

  sum(): MetricTable {
    const sum = new MetricTable()
    sum.add(this.past, true)
    for (const table of this.live) sum.add(table, false)
    return sum
  }
}
