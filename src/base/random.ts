// Seeded random numbers for tests, data sets and benches: the same seed gives the same run everywhere.
// Generator: sfc32 (Chris Doty-Humphrey, PractRand); state of four 32-bit words.

/** A seeded generator. `next` is uniform in [0, 1) with 32 random bits. */
export class Random {
  private a: number
  private b: number
  private c: number
  private counter = 1

  constructor(seed: number) {
    this.a = seed | 0
    this.b = Math.floor(seed / 0x1_0000_0000) | 0
    this.c = 0x9e3779b9 | 0
    for (let i = 0; i < 12; i++) this.nextU32()
  }

  /** Uniform 32-bit unsigned integer. */
  nextU32(): number {
    const t = (((this.a + this.b) | 0) + this.counter) | 0
    this.counter = (this.counter + 1) | 0
    this.a = this.b ^ (this.b >>> 9)
    this.b = (this.c + (this.c << 3)) | 0
    this.c = (this.c << 21) | (this.c >>> 11)
    this.c = (this.c + t) | 0
    return t >>> 0
  }

  /** Uniform in [0, 1). */
  next(): number {
    return this.nextU32() / 0x1_0000_0000
  }

  /** Uniform integer in [0, count). */
  below(count: number): number {
    return Math.floor(this.next() * count)
  }

  /** Uniform integer in [min, max]. */
  between(min: number, max: number): number {
    return min + this.below(max - min + 1)
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.next() < probability
  }

  /** One of the values. */
  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!
  }

  /** Standard normal deviate (Box-Muller). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next())
  }

  /** Shuffles in place (Fisher-Yates) and returns its argument. */
  shuffle<T extends { length: number; [i: number]: unknown }>(values: T): T {
    for (let i = values.length - 1; i > 0; i--) {
      const j = this.below(i + 1)
      const held = values[i]
      values[i] = values[j]
      values[j] = held
    }
    return values
  }
}
