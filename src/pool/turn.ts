// What the calling thread does for others while it works itself.

/** Lets timers, signals and what other threads have answered be heard. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
