// What a mode is called: GNU stat's words and letters, and the words of our JSON.

import {
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
  S_ISGID,
  S_ISUID,
  S_ISVTX,
} from '../sys/constants.js'

/** The values of `type` in JSON. */
export type FileType = 'file' | 'directory' | 'symlink' | 'char' | 'block' | 'fifo' | 'socket' | 'unknown'

interface Words {
  readonly type: FileType
  readonly gnu: string
  readonly letter: string
}

const WORDS: ReadonlyMap<number, Words> = new Map([
  [S_IFREG, { type: 'file', gnu: 'regular file', letter: '-' }],
  [S_IFDIR, { type: 'directory', gnu: 'directory', letter: 'd' }],
  [S_IFLNK, { type: 'symlink', gnu: 'symbolic link', letter: 'l' }],
  [S_IFCHR, { type: 'char', gnu: 'character special file', letter: 'c' }],
  [S_IFBLK, { type: 'block', gnu: 'block special file', letter: 'b' }],
  [S_IFIFO, { type: 'fifo', gnu: 'fifo', letter: 'p' }],
  [S_IFSOCK, { type: 'socket', gnu: 'socket', letter: 's' }],
])
const UNKNOWN: Words = { type: 'unknown', gnu: 'weird file', letter: '?' }

const wordsOf = (mode: number): Words => WORDS.get(mode & S_IFMT) ?? UNKNOWN

export const fileType = (mode: number): FileType => wordsOf(mode).type

export const isDevice = (mode: number): boolean => (mode & S_IFMT) === S_IFCHR || (mode & S_IFMT) === S_IFBLK

/** GNU stat's %F. */
export const typeWords = (mode: number, size: number): string =>
  (mode & S_IFMT) === S_IFREG && size === 0 ? 'regular empty file' : wordsOf(mode).gnu

/** `drwxr-xr-x`, as ls(1) shows a mode. */
export function modeLetters(mode: number): string {
  const triple = (shift: number, special: boolean, letter: string): string => {
    const bits = mode >>> shift
    const execute = (bits & 1) !== 0
    const last = special ? (execute ? letter : letter.toUpperCase()) : execute ? 'x' : '-'
    return `${(bits & 4) !== 0 ? 'r' : '-'}${(bits & 2) !== 0 ? 'w' : '-'}${last}`
  }
  return (
    wordsOf(mode).letter +
    triple(6, (mode & S_ISUID) !== 0, 's') +
    triple(3, (mode & S_ISGID) !== 0, 's') +
    triple(0, (mode & S_ISVTX) !== 0, 't')
  )
}
