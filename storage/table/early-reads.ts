// Whether a warm reader reads the columns early: at the predicted row, before the last mile knows the row. Then the
// key's cache miss and the columns' are waited for together, which pays when the key is there and costs those misses
// for nothing when it is not. Keys of the recent past tell which: of every 1,024 lookups the absent ones are counted.
//
//   absent of the last 1,024   0 ····· 96 ········· 192 ····· 1,024
//   next 1,024 lookups          early  │  as before  │  late
//
// Measured at 10 M rows (decision record 8): early saves about 20 ns on a present key and costs 100 on an absent one,
// so they are even at one absent key in six; the two limits lie on both sides of that, so that a share between them
// does not switch at every turn. Answers never depend on the choice.

/** Lookups per decision. */
export const EARLY_PERIOD = 1024
const EARLY_BELOW = 96
const LATE_ABOVE = 192

/** The choice and its counters, which the generated readers count inline. */
export class EarlyReads {
  isEarly = true
  /** Lookups left until `decide`. */
  left: number = EARLY_PERIOD
  /** Absent keys of this period. */
  absent = 0
  private readonly isFixed: boolean

  /** `fixed` = always early or always late; null = by what is looked up. */
  constructor(fixed: boolean | null = null) {
    this.isFixed = fixed !== null
    if (fixed !== null) this.isEarly = fixed
  }

  /** Ends a period. */
  decide(): void {
    if (!this.isFixed) {
      if (this.absent < EARLY_BELOW) this.isEarly = true
      else if (this.absent > LATE_ABOVE) this.isEarly = false
    }
    this.left = EARLY_PERIOD
    this.absent = 0
  }
}
