// What `virtfs convert` shows and asks on a terminal.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ConversionBar } from '../../commands/support/conversion-bar.js'
import { confirmed } from '../../commands/support/question.js'
import { which } from '../support/guest/requirements.js'
import { describeWhereFound } from '../support/guest/suite.js'
import { attributesAt } from '../support/host/oracle.js'
import { snapshot } from '../support/snapshot.js'
import { ViewedTree } from '../support/viewed-tree.js'
import { environment, PROGRAM } from './run.js'

describe('a question', () => {
  async function answered(input: string): Promise<{ answer: boolean; asked: string }> {
    const [stdin, stderr] = [new PassThrough(), new PassThrough()]
    stdin.end(input)
    const answer = await confirmed('Convert t\xc3\xa9?', stdin, stderr)
    return { answer, asked: String(stderr.read()) }
  }

  it.each(['y\n', 'Y\n', 'yes\n', ' Yes \r\n', 'y', 'y\nn\n'])('is answered with yes by %j', async (input) => {
    expect(await answered(input)).toEqual({ answer: true, asked: 'Convert té? [y/N] ' })
  })

  it.each(['', '\n', 'n\n', 'no\n', 'yy\n', 'yesterday\n', 'n\ny\n', '\ny\n'])(
    'is answered with no by %j',
    async (input) => {
      expect(await answered(input)).toEqual({ answer: false, asked: 'Convert té? [y/N] ' })
    },
  )
})

describe('the bar', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  class Terminal extends PassThrough {
    readonly isTTY = true
    readonly columns = 100
    get shown(): string {
      return String(this.read() ?? '')
    }
  }

  it('is nothing for half a second, then the share, the count, the rate and the time left', () => {
    const terminal = new Terminal()
    using bar = new ConversionBar(terminal)
    for (let done = 0; done < 50; done++) {
      bar.show(done * 100, 100_000)
      vi.advanceTimersByTime(10)
    }
    expect(terminal.shown).toBe('')
    bar.show(5000, 100_000)
    expect(terminal.shown).toContain(' 5%  5,000 of 100,000 entries, 10,000/s, ? left')
    vi.advanceTimersByTime(500)
    bar.show(10_000, 100_000)
    expect(terminal.shown).toContain(
      `${'█'.repeat(3)}${'░'.repeat(27)} 10%  10,000 of 100,000 entries, 10,000/s, 9s left`,
    )
    vi.advanceTimersByTime(500)
    bar.show(100_000, 100_000)
    expect(terminal.shown).toContain(`${'█'.repeat(30)} 100%  100,000 of 100,000 entries, 66,667/s, 0s left`)
  })

  it('is gone when it is cleared, with nothing changed about the terminal', () => {
    const terminal = new Terminal()
    {
      using bar = new ConversionBar(terminal)
      vi.advanceTimersByTime(600)
      bar.show(1, 200_000_000)
      vi.advanceTimersByTime(1000)
      bar.show(2, 200_000_000)
      vi.advanceTimersByTime(1000)
      expect(terminal.shown).toContain('? left')
    }
    const last = terminal.shown
    expect(last.endsWith('\x1b[1G\x1b[2K')).toBe(true)
    // eslint-disable-next-line no-control-regex -- These are what turns wrapping and the cursor off.
    expect(last).not.toMatch(/\x1b\[\?(7|25)l/)
    vi.advanceTimersByTime(1000)
    expect(terminal.shown).toBe('')
  })

  it.each([
    [3, '3s'],
    [61, '1m01s'],
    [3599, '59m59s'],
    [3600, '1h00m'],
    [7380, '2h03m'],
  ])('says of %i seconds that %s are left', (seconds, text) => {
    const terminal = new Terminal()
    using bar = new ConversionBar(terminal)
    vi.advanceTimersByTime(1000)
    bar.show(0, seconds + 1)
    vi.advanceTimersByTime(1000)
    bar.show(1, seconds + 1)
    expect(terminal.shown).toContain(`, ${text} left`)
  })

  it('is shown on terminals only, where it is wanted', () => {
    const terminal = new Terminal() as unknown as NodeJS.WriteStream
    expect(ConversionBar.on(terminal, true)).toBeInstanceOf(ConversionBar)
    expect(ConversionBar.on(terminal, false)).toBeUndefined()
    expect(ConversionBar.on(new PassThrough() as unknown as NodeJS.WriteStream, true)).toBeUndefined()
  })
})

const missing = which('script') === undefined ? ['script'] : []
describeWhereFound('on a terminal', { kind: 'shell', missing, timeout: 30_000 }, () => {
  /** Runs the program on a terminal that script(1) makes, and types an answer where it asks. */
  async function onTerminal(
    tree: string,
    answer: string,
    ...flags: readonly string[]
  ): Promise<{ shown: string; exitCode: number | null }> {
    const command = [process.execPath, PROGRAM, 'convert', tree, '--to', 'mapped-file', ...flags].join(' ')
    const child = spawn('script', ['-qfec', command, '/dev/null'], {
      env: environment(),
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    let shown = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const isAsked = !shown.includes('[y/N]') && (shown + text).includes('[y/N]')
      shown += text
      if (isAsked) child.stdin.write(answer)
    })
    const [exitCode] = (await once(child, 'close')) as [number | null]
    return { shown: shown.replaceAll('\r\n', '\n'), exitCode }
  }

  function guestTree(): ViewedTree {
    const tree = new ViewedTree('mapped-xattr')
    tree.chmod('.', 0o755)
    tree.write('file', 'content', 0o644)
    tree.mkdir('directory', 0o755)
    tree.endView()
    return tree
  }

  it.each([
    ['n\n', 2],
    ['\n', 2],
    ['\x04', 2],
    ['\x03', 130],
  ])('nothing is changed where the answer is %j', async (answer, code) => {
    using tree = guestTree()
    const before = snapshot(tree.path)
    const { shown, exitCode } = await onTerminal(tree.path, answer)
    expect(shown).toContain(`${tree.path}: mapped-xattr to mapped-file, in place\n`)
    expect(shown).toMatch(/\nConvert 3 entries in place\? \[y\/N\] /)
    if (code === 2) expect(shown).toContain('in place: it was not confirmed (nothing was changed)\n')
    expect(exitCode).toBe(code)
    expect(snapshot(tree.path)).toEqual(before)
  })

  it.each([[['--json']], [[]]])('it is carried out where the answer is yes: %j', async (flags) => {
    using tree = guestTree()
    const { shown, exitCode } = await onTerminal(tree.path, 'y\n', ...flags)
    expect(shown).toContain('Convert 3 entries in place? [y/N] ')
    expect(exitCode).toBe(0)
    expect(attributesAt(tree.path)).toEqual({})
    expect(readdirSync(tree.path).sort()).toEqual(['.virtfs_metadata', '.virtfs_metadata_root', 'directory', 'file'])
  })

  it('nothing is asked with --yes, and where nothing is to be changed', async () => {
    using tree = guestTree()
    const first = await onTerminal(tree.path, '', '--yes')
    const second = await onTerminal(tree.path, '')
    for (const { shown, exitCode } of [first, second]) {
      expect(shown).not.toContain('[y/N]')
      expect(exitCode).toBe(0)
    }
    expect(second.shown).toContain(`Nothing to change: "${tree.path}" is mapped-file already.\n`)
  })
})
