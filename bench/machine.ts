// How busy other programs kept the machine while it was measured. Ratios of servers measured in turns survive that better
// than the figures do, but a reader should know of it.

import { readFileSync } from 'node:fs'

/** What proc(5) counts processor time in: USER_HZ, 100 in a second on every Linux. */
const TICKS_PER_SECOND = 100

/** Seconds of processor time: of the whole machine while it was not idle, and of the processes that are ours. */
interface Busy {
  readonly machine: number
  readonly ours: number
}

function busy(pids: readonly number[]): Busy {
  // cpu user nice system idle iowait irq softirq steal: guest time is part of user.
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] =
    readFileSync('/proc/stat', 'latin1').split('\n', 1)[0]?.split(/\s+/).map(Number) ?? []
  const { user: own, system: kernel } = process.cpuUsage()
  const children = pids.reduce((sum, pid) => sum + processTicks(pid), 0)
  return {
    machine: (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND,
    ours: (own + kernel) / 1e6 + children / TICKS_PER_SECOND,
  }
}

/** utime and stime, fields 14 and 15; counted from the end of the name, which may hold blanks. */
function processTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}

/**
 * Starts counting; the function returned tells how many processors, on average, were busy with anything but this process
 * and `pids`, all of which must still run.
 */
export function watchOthers(pids: readonly number[]): () => number {
  const begin = performance.now()
  const before = busy(pids)
  return () => {
    const after = busy(pids)
    const others = after.machine - before.machine - (after.ours - before.ours)
    return Math.max(0, others / ((performance.now() - begin) / 1000))
  }
}
