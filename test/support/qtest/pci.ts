// What firmware would have done before a driver comes: an I/O window for the device, and a way for its interrupt.

import type { QtestChannel } from './channel.js'
import { SLOT } from './machine.js'

/** Where we put the device's registers in I/O space. */
export const REGISTERS = 0xc000

const CONFIG_ADDRESS = 0xcf8
const CONFIG_DATA = 0xcfc
const COMMAND = 0x04
const BAR_0 = 0x10
/** I/O space, memory space, bus mastering. */
const COMMAND_ALL = 0x7

/** The PC's south bridge, whose PIRQ registers say on which line of the interrupt controllers a PCI interrupt arrives. */
const SOUTH_BRIDGE_SLOT = 1
const PIRQ_ROUTES = 0x60
/** All four PIRQs on line 11. */
const ROUTES = 0x0b0b0b0b

export const hex = (value: number): string => `0x${value.toString(16)}`

function selectConfig(channel: QtestChannel, slot: number, register: number): void {
  void channel.command(`outl ${hex(CONFIG_ADDRESS)} ${hex(0x8000_0000 + (slot << 11) + register)}`)
}

/** Enables the device at `REGISTERS`; from now on its interrupts arrive on the channel. */
export async function enableDevice(channel: QtestChannel): Promise<void> {
  selectConfig(channel, SLOT, BAR_0)
  void channel.command(`outl ${hex(CONFIG_DATA)} ${hex(REGISTERS)}`)
  selectConfig(channel, SLOT, COMMAND)
  void channel.command(`outw ${hex(CONFIG_DATA)} ${hex(COMMAND_ALL)}`)
  selectConfig(channel, SOUTH_BRIDGE_SLOT, PIRQ_ROUTES)
  void channel.command(`outl ${hex(CONFIG_DATA)} ${hex(ROUTES)}`)
  await channel.now('irq_intercept_in ioapic')
}
