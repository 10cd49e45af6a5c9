// The units of packaging/systemd, as text and as systemd reads them.

import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from './guest/project.js'

export const unitDirectory = join(projectRoot, 'packaging', 'systemd')

/** The text of a file of packaging/systemd. */
export const unitText = (name: string): string => readFileSync(join(unitDirectory, name), 'utf8')

/** All values of a directive, in order. An empty one resets what stood before it, which is for the caller to know. */
export function valuesOf(unit: string, directive: string): string[] {
  return [...unit.matchAll(/^([A-Za-z]+)=(.*)$/gm)]
    .filter(([, name]) => name === directive)
    .map(([, , value = '']) => value)
}

/** The unit with another program in the place of `virtfs`: it may lie anywhere, and need not be installed. */
export function withProgram(unit: string, program: string): string {
  const changed = unit.replace(/^ExecStart=virtfs /m, `ExecStart=${program} `)
  if (changed === unit) throw new Error('Cannot find ExecStart=virtfs in the unit')
  return changed
}

/** A copy of the units in a directory of their own, with a program that exists. Dispose removes it. */
export class UnitCopy implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'virtfs-units-'))

  constructor() {
    writeFileSync(this.at('virtfs@.service'), withProgram(unitText('virtfs@.service'), '/bin/true'))
    cpSync(join(unitDirectory, 'virtfs@.socket'), this.at('virtfs@.socket'))
  }

  at(name: string): string {
    return join(this.path, name)
  }

  /** Adds a drop-in to the service. */
  drop(text: string): void {
    mkdirSync(this.at('virtfs@.service.d'), { recursive: true })
    writeFileSync(this.at('virtfs@.service.d/drop-in.conf'), text)
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true })
  }
}

/** The system calls that SystemCallFilter= lines allow together, groups taken apart as this systemd has them. */
export function allowedCalls(lines: readonly string[]): ReadonlySet<string> {
  const allowed = new Set<string>()
  for (const line of lines) {
    const isDenied = line.startsWith('~')
    for (const call of line.replace(/^~/, '').split(/\s+/).flatMap(callsOf)) {
      if (isDenied) allowed.delete(call)
      else allowed.add(call)
    }
  }
  return allowed
}

function callsOf(item: string): string[] {
  if (!item.startsWith('@')) return [item]
  const listing = execFileSync('systemd-analyze', ['syscall-filter', '--no-pager', item], { encoding: 'utf8' })
  const members = listing.split('\n').filter((line) => /^ {4}[@a-z]/.test(line))
  return members.flatMap((line) => callsOf(line.trim()))
}
