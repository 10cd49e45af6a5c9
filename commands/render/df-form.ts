// How the tables of `df` are to look.

import type { UsageKey } from '../../src/index.js'
import { countIn, sizeIn, type SizeUnit } from './size-unit.js'
import type { Column } from './table-text.js'

export interface DfForm {
  readonly by: UsageKey
  readonly unit: SizeUnit
  /** What is counted is inodes, not bytes. */
  readonly isOfInodes: boolean
  readonly hasTotal: boolean
  /** Columns of the terminal; undefined where the output goes elsewhere. */
  readonly width: number | undefined
}

export const left = (heading: string): Column => ({ heading, align: 'left' })
export const right = (heading: string): Column => ({ heading, align: 'right' })

/** An amount of what is counted. */
export const amountIn = ({ unit, isOfInodes }: DfForm, amount: number): string =>
  isOfInodes ? countIn(unit, amount) : sizeIn(unit, amount)
