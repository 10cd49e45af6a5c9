// A libvirt domain that shares /srv/guest as docs/migrate.md shows it before, and what its reader makes of it in an editor.

import { writeFileSync } from 'node:fs'
import { readPage } from '../pages.js'
import type { MigratingHost } from './migrating-host.js'

const domain = (memoryBacking: string, filesystem: string): string => `<domain type='kvm'>
  <name>guest</name>
  <memory unit='KiB'>1048576</memory>
${memoryBacking}  <vcpu placement='static'>1</vcpu>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
  </os>
  <devices>
${filesystem}  </devices>
</domain>
`

const indented = (lines: readonly string[], by: number): string =>
  lines.map((line) => `${' '.repeat(by)}${line}\n`).join('')

/** Puts it on the machine, running. */
export function startDomain(host: MigratingHost): void {
  const blocks = readPage('docs/migrate.md').blocks.filter(({ language }) => language === 'xml')
  const [before = [], memoryBacking = [], after = []] = blocks.map(({ lines }) => lines)
  const [definition, edited] = [host.at('libvirt/domain.xml'), host.at('libvirt/edited.xml')]
  writeFileSync(definition, domain('', indented(before, 4)))
  writeFileSync(host.at('libvirt/unedited.xml'), domain('', indented(before, 4)))
  writeFileSync(edited, domain(indented(memoryBacking, 2), indented(after, 4)))
  // Only what the page says to look for is changed.
  host.program('editor', `cmp "$1" "$LIBVIRT/unedited.xml" && cp "$LIBVIRT/edited.xml" "$1"`)
  const { printed, exitCode } = host.type({ text: 'virsh start guest', prompt: '#' })
  if (exitCode !== 0) throw new Error(`Cannot start the domain: ${printed}`)
}
