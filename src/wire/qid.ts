// Qids: in most replies, so read and written by hand. The layout is the declaration; the tests hold the two together.

import { type Field, id64, struct, u32, u8, type ValueOf } from './fields.js'

const layout = { type: u8, version: u32, path: id64 } as const

/** The server's identity of a file: `type` has QID_* bits, `path` never names two live objects at once. */
export type Qid = ValueOf<typeof layout>

/** The qid as the table's interpreter treats it. */
export const declaredQid: Field<Qid> = struct(layout)

export const QID_SIZE = 13

/** Reads a qid at a place already claimed. */
export const getQid = (view: DataView, at: number): Qid => ({
  type: view.getUint8(at),
  version: view.getUint32(at + 1, true),
  path: view.getBigUint64(at + 5, true),
})

/** Writes a qid at a place already reserved. */
export function setQid(view: DataView, at: number, qid: Qid): void {
  view.setUint8(at, qid.type)
  view.setUint32(at + 1, qid.version, true)
  view.setBigUint64(at + 5, qid.path, true)
}

export const qid: Field<Qid> = {
  kind: declaredQid.kind,
  read: (c) => getQid(c.view, c.claim(QID_SIZE)),
  write: (c, value) => setQid(c.view, c.reserve(QID_SIZE), value),
  size: () => QID_SIZE,
}
