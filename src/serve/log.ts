// What a server says to whoever runs it: one line each.

/** From the gravest to the least grave. */
export const logLevels = ['error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof logLevels)[number]

export type Log = (level: LogLevel, line: string) => void

/** Passes on what is at least as grave as `least`. */
export function logFrom(least: LogLevel, say: (line: string) => void): Log {
  const rank = logLevels.indexOf(least)
  return (level, line) => {
    if (logLevels.indexOf(level) <= rank) say(line)
  }
}
