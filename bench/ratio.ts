// What two series of figures that were measured in turns say of one another.

import type { Target } from './rows.js'

/** Medians of two series, and their ratio. */
export interface Summary {
  readonly ours: number
  readonly peer: number
  /** The median of the rounds' ratios, each of two figures that followed one another. */
  readonly ratio: number
  /** The middle half of the rounds' ratios: how far the median can be trusted. */
  readonly spread: readonly [number, number]
}

/** Sums both series up, a round being the same place in either. The ratio is ours ÷ peer's, unless it is turned round. */
export function summarise(ours: readonly number[], peer: readonly number[], isTurned = false): Summary {
  const ratios = ours.map((figure, round) => {
    const theirs = peer[round] ?? NaN
    return isTurned ? theirs / figure : figure / theirs
  })
  return {
    ours: quantile(ours, 0.5),
    peer: quantile(peer, 0.5),
    ratio: quantile(ratios, 0.5),
    spread: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
  }
}

/** True where a ratio, or a figure, keeps within its target. */
export const meets = (value: number, target: Target): boolean =>
  'atLeast' in target ? value >= target.atLeast : value <= target.atMost

/** The value below which the share `q` of the figures lies, interpolated. */
export function quantile(figures: readonly number[], q: number): number {
  const sorted = figures.toSorted((a, b) => a - b)
  const at = (sorted.length - 1) * q
  const below = sorted[Math.floor(at)] ?? NaN
  const above = sorted[Math.ceil(at)] ?? NaN
  return below + (above - below) * (at - Math.floor(at))
}
