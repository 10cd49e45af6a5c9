// Patience with a lock that another process of the same client holds, for a process that waits for it.
//
// A Linux client has processes of its own take turns by its own table, and tells us of a release after it has woken the
// next in turn (v9fs_file_do_lock): the request of that one may come first, while we still see the lock held. Answered
// BLOCKED it would ask again after 30 seconds only.

import type { Clock } from '../clock.js'

/** The release is a round trip away. Of signals, only a fatal one reaches the client's process meanwhile. */
const PATIENCE_MS = 100
const LONGEST_PAUSE_MS = 16

/** Tries to lock, again and again, while it is wanted and patience lasts; tells whether it was taken. */
export async function takeSoon(clock: Clock, take: () => boolean, isWanted: () => boolean): Promise<boolean> {
  const end = clock.now() + PATIENCE_MS
  for (let pause = 1; clock.now() < end; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    await new Promise<void>((resolve) => clock.after(pause, resolve))
    if (!isWanted()) return false
    if (take()) return true
  }
  return false
}
