// Bits of a st_mode.

import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFMT, S_IFREG, S_ISGID, S_ISUID } from '../sys/constants.js'

export const typeOf = (mode: number): number => mode & S_IFMT
export const permissionsOf = (mode: number): number => mode & 0o7777
export const isDirectory = (mode: number): boolean => typeOf(mode) === S_IFDIR

export const isDevice = (mode: number): boolean => typeOf(mode) === S_IFCHR || typeOf(mode) === S_IFBLK

/** True for types of which every model makes the same object on the host. */
export const isPlainType = (mode: number): boolean => typeOf(mode) === S_IFREG || isDirectory(mode)

/** True for a regular file that runs as its owner or as its group. */
export const isSetid = (mode: number): boolean => typeOf(mode) === S_IFREG && (mode & (S_ISUID | S_ISGID)) !== 0
