// Ending a long-running command: the first signal asks, the second one insists.

const SIGNALS = { SIGINT: 2, SIGTERM: 15 } as const

/** Waits for SIGINT or SIGTERM. From then on, a further one ends the process at once with 130 or 143. */
export function terminationRequested(): Promise<void> {
  return new Promise((resolve) => {
    let isRequested = false
    for (const [signal, number] of Object.entries(SIGNALS)) {
      process.on(signal, () => {
        if (isRequested) process.exit(128 + number)
        isRequested = true
        resolve()
      })
    }
  })
}
