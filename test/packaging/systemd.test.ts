// The units as systemd reads them, without running them: that is in service.test.ts.

import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { NR } from '../../src/sys/abi.js'
import { projectRoot } from '../support/guest/project.js'
import { describeSystemd } from '../support/systemd.js'
import { allowedCalls, UnitCopy, unitDirectory, unitText, valuesOf } from '../support/unit.js'

const service = unitText('virtfs@.service')
const passthrough = unitText('passthrough.conf')

/** Runs systemd-analyze; what it printed, errors included, and its exit code. */
function analyze(...args: string[]): { readonly printed: string; readonly exitCode: number | null } {
  const { stdout, stderr, status } = spawnSync('systemd-analyze', ['--no-pager', ...args], { encoding: 'utf8' })
  return { printed: stdout + stderr, exitCode: status }
}

/** The exposure that `systemd-analyze security` sees, 0 (safe) to 10. */
function exposureOf(units: UnitCopy): number {
  const { printed } = analyze('security', '--offline=true', units.at('virtfs@.service'))
  const [, level] = /Overall exposure level for \S+: (\d+\.\d+)/.exec(printed) ?? []
  return Number(level)
}

describeSystemd('the units', ['systemd-analyze'], () => {
  it('are accepted without a word', () => {
    using units = new UnitCopy()
    const both = [units.at('virtfs@.service'), units.at('virtfs@.socket')]
    expect(analyze('verify', ...both)).toEqual({ printed: '', exitCode: 0 })
    units.drop(passthrough)
    expect(analyze('verify', ...both)).toEqual({ printed: '', exitCode: 0 })
  })

  it('would be refused with a directive that does not exist', () => {
    using units = new UnitCopy()
    units.drop('[Service]\nProtectEverything=yes\n')
    expect(analyze('verify', units.at('virtfs@.service')).printed).toContain('ProtectEverything')
  })

  // systemd 252 says 0.5 and 1.6; each version looks at more.
  it('expose little: at most 1.0 of 10, and 2.0 as root for passthrough', () => {
    using units = new UnitCopy()
    expect(exposureOf(units)).toBeLessThanOrEqual(1)
    expect(analyze('security', '--offline=true', '--threshold=10', units.at('virtfs@.service')).exitCode).toBe(0)
    units.drop(passthrough)
    expect(exposureOf(units)).toBeLessThanOrEqual(2)
    expect(analyze('security', '--offline=true', '--threshold=20', units.at('virtfs@.service')).exitCode).toBe(0)
  })

  it('allow every system call that virtfs makes', () => {
    const allowed = allowedCalls(valuesOf(service, 'SystemCallFilter'))
    expect(Object.keys(NR).filter((call) => !allowed.has(call))).toEqual([])
    expect(['ptrace', 'mount', 'setuid', 'bpf', 'chroot', 'setpriority'].filter((call) => allowed.has(call))).toEqual(
      [],
    )
  })
})

describeSystemd('what an administrator does with them', ['systemctl', 'systemd-sysusers'], () => {
  /** Runs `action` with a directory that is a system's root to systemd's tools. */
  function inRoot(action: (root: string) => void): void {
    const root = mkdtempSync(join(tmpdir(), 'virtfs-root-'))
    try {
      action(root)
    } finally {
      rmSync(root, { recursive: true })
    }
  }

  it('enabling the service enables its socket', () => {
    inRoot((root) => {
      const units = join(root, 'etc/systemd/system')
      execFileSync('install', ['-D', '-m', '644', '-t', units, join(unitDirectory, 'virtfs@.service')])
      execFileSync('install', ['-D', '-m', '644', '-t', units, join(unitDirectory, 'virtfs@.socket')])
      execFileSync('systemctl', [`--root=${root}`, 'enable', 'virtfs@guest.service'], { stdio: 'ignore' })
      for (const [target, unit] of [
        ['multi-user', 'service'],
        ['sockets', 'socket'],
      ]) {
        const link = join(units, `${target}.target.wants`, `virtfs@guest.${unit}`)
        expect(readlinkSync(link)).toBe(`/etc/systemd/system/virtfs@.${unit}`)
      }
    })
  })

  it.skipIf(process.getuid?.() !== 0)('the user of its own is made', () => {
    inRoot((root) => {
      const installed = join(root, 'etc/sysusers.d/virtfs.conf')
      execFileSync('install', ['-D', '-m', '644', join(unitDirectory, 'virtfs.sysusers'), installed])
      execFileSync('systemd-sysusers', [`--root=${root}`], { stdio: 'ignore' })
      const passwd = readFileSync(join(root, 'etc/passwd'), 'utf8')
      expect(passwd).toMatch(/^virtfs:x:\d+:\d+:VirtFS trees:\/srv\/virtfs:\S*nologin$/m)
      expect(valuesOf(service, 'User')).toEqual(['virtfs'])
    })
  })
})

describe('what is shipped', () => {
  it('has the units', () => {
    const { files } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { files: string[] }
    expect(files).toContain('packaging/systemd')
  })

  it('and the document that they name', () => {
    expect(service).toContain('docs/serve.md')
    expect(existsSync(join(projectRoot, 'docs/serve.md'))).toBe(true)
    expect(readFileSync(join(projectRoot, 'docs/serve.md'), 'utf8')).toContain('## As a systemd service')
  })
})
