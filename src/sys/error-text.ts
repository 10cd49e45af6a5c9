// What the C library calls an errno, in English whatever the locale: Node never calls setlocale(3).

import { strerror } from './call.js'

const texts = new Map<number, string>()

/** strerror(3)'s text, Latin-1. */
export function errorText(errno: number): string {
  let text = texts.get(errno)
  if (text === undefined) texts.set(errno, (text = strerror(errno)))
  return text
}
