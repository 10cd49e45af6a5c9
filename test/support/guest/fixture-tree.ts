// A recorded tree on the host as QEMU left it there: owned by a user without privilege.

import { chmodSync, cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { restoreTree } from '../../../fixtures/restore.js'
import { treesDirectory } from '../../../fixtures/trees-directory.js'
import { asUnprivileged } from './unprivileged.js'

/** Restores the tree recorded for `model` as `target`, in a directory that `unprivileged` may write to. */
export function restoreAsUnprivileged(model: 'mapped-xattr' | 'mapped-file', target: string): void {
  // The checkout may lie where that user cannot go, or be readable by its owner only.
  const copy = mkdtempSync(join(tmpdir(), 'virtfs-manifest-'))
  try {
    chmodSync(copy, 0o755)
    cpSync(join(treesDirectory, model, 'manifest.jsonl'), join(copy, 'manifest.jsonl'))
    chmodSync(join(copy, 'manifest.jsonl'), 0o644)
    asUnprivileged(() => restoreTree(copy, target))
  } finally {
    rmSync(copy, { recursive: true })
  }
}
