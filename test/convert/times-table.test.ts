import { expect, it } from 'vitest'
import { TimesTable } from '../../src/convert/times-table.js'

it('has what was put in, in order, however many', () => {
  const rows = Array.from({ length: 1000 }, (_, n) => ({
    ino: n === 7 ? 2n ** 64n - 1n : BigInt(n),
    ...{ atimeSec: n - 500, atimeNsec: 999_999_999, mtimeSec: 2 ** 33 + n, mtimeNsec: n },
  }))
  const table = new TimesTable()
  expect([...table]).toEqual([])
  for (const row of rows) table.add(row)
  expect([...table]).toEqual(rows)
})
