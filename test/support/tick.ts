// Waiting until the kernel's clock for inode times, which may move only every few milliseconds, has moved.

const pause = new Int32Array(new SharedArrayBuffer(4))

/** Sleeps for longer than the coarsest tick of a Linux kernel (CONFIG_HZ=100). */
export function tick(): void {
  Atomics.wait(pause, 0, 0, 12)
}
