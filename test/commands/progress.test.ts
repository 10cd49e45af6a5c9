// What a terminal is shown of how far a walk has come.

import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Progress } from '../../commands/support/progress.js'
import { HostTree } from '../support/host/tree.js'
import { shell } from './run.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function shownBy(act: (progress: Progress) => void): string {
  let written = ''
  const write = (text: string | Uint8Array): boolean => ((written += String(text)), true)
  using progress = new Progress({ write })
  act(progress)
  return written
}

it('is nothing for half a second, then a count now and then', () => {
  const written = shownBy((progress) => {
    for (let tick = 0; tick < 100; tick++) {
      vi.advanceTimersByTime(10)
      progress.show((tick + 1) * 1000)
    }
  })
  const counts = [50_000, 70_000, 90_000].map((count) => `\r\x1b[K${count.toLocaleString('en')} entries, 100,000/s`)
  expect(written).toBe(counts.join(''))
})

it('makes room for what else is said, and leaves nothing behind', () => {
  const written = shownBy((progress) => {
    progress.clear()
    vi.advanceTimersByTime(600)
    progress.show(1)
    progress.clear()
    progress.clear()
  })
  expect(written).toBe('\r\x1b[K1 entries, 2/s\r\x1b[K')
})

it('is shown on terminals only, where it is wanted', () => {
  const terminal = { isTTY: true } as NodeJS.WriteStream
  expect(Progress.on(terminal, true)).toBeInstanceOf(Progress)
  expect(Progress.on(terminal, false)).toBeUndefined()
  expect(Progress.on({ isTTY: false } as NodeJS.WriteStream, true)).toBeUndefined()
})

it.each(['df', 'stat -R'])('%s takes --no-progress', (command) => {
  using tree = new HostTree()
  const { stderr, exitCode } = shell(`"$@" ${command} --no-progress '${tree.path}'`)
  expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
})
