// Whether a warm reader reads the columns early: at the predicted row, before the last mile knows the row. Then the
// key's cache miss and the columns' are waited for together, which pays when the key is there and costs those misses
// for nothing when it is not. Keys of the recent past tell which. What is rare in a mode is counted, so that the common
// lookup counts nothing:
//
//   early   64 absent keys within 341 lookups (three sixteenths or more)              ─► late
//   late    928 present keys within 1,024 lookups (absent: three thirty-seconds or less) ─► early
//
// The limits lie on both sides of where the two are even, so that a share between them does not switch at every turn.
// Answers never depend on the choice.
const ABSENT_KEYS = 64
const ABSENT_LOOKUPS = 341
const PRESENT_KEYS = 928
const PRESENT_LOOKUPS = 1024

/** The choice of one reader. Lookups are told by the number of probes of the database. */
export class EarlyReads {
  isEarly = true
  private readonly isFixed: boolean
  private seen = 0
  private since = 0

  /** `fixed` = always early or always late; null = by what is looked up. */
  constructor(fixed: boolean | null = null) {
    this.isFixed = fixed !== null
    if (fixed !== null) this.isEarly = fixed
  }

  /** Notes an absent key. `probes`: lookups so far. */
  noteAbsent(probes: number): void {
    if (this.isEarly && ++this.seen >= ABSENT_KEYS) this.decide(probes, ABSENT_LOOKUPS)
  }

  /** Notes a present key; need not be called while reads are early. */
  notePresent(probes: number): void {
    if (!this.isEarly && ++this.seen >= PRESENT_KEYS) this.decide(probes, PRESENT_LOOKUPS)
  }

  // Other readers' probes count as lookups too: they make a switch later, not wrong.
  private decide(probes: number, lookups: number): void {
    if (!this.isFixed && probes - this.since <= lookups) this.isEarly = !this.isEarly
    this.seen = 0
    this.since = probes
  }
}
