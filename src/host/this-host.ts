// The way to look at this machine's directories.

import type { Host } from './host-directory.js'
import { linuxHost } from './linux-host.js'

/** By descriptors, on Linux. */
export const thisHost: Host = linuxHost
