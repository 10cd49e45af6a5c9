// Flags of Tlopen and Tlcreate as the host's open flags. The wire has x86's numbers for all machines; on arm64 the same
// bits mean something else: its O_DIRECTORY is the wire's DIRECT.

import { O_DIRECTORY } from '../sys/constants.js'
import {
  DOTL_APPEND,
  DOTL_DIRECTORY,
  DOTL_DSYNC,
  DOTL_EXCL,
  DOTL_NOACCESS,
  DOTL_NOATIME,
  DOTL_SYNC,
  DOTL_TRUNC,
} from '../wire/constants.js'

/** Flags that act, and have one number everywhere (reference §3.6). */
const SAME = DOTL_NOACCESS | DOTL_EXCL | DOTL_TRUNC | DOTL_APPEND | DOTL_DSYNC | DOTL_NOATIME | DOTL_SYNC

/** The host's flags for the wire's; those that mean nothing to a server are left out. */
export const hostOpenFlags = (dotl: number): number => (dotl & SAME) | ((dotl & DOTL_DIRECTORY) === 0 ? 0 : O_DIRECTORY)
