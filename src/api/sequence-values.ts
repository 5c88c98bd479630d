// Values of sequences. What is given out is never taken back and never given twice, also after a crash: the stored
// sequence is always some values ahead (reserved by a transaction of its own, or in the one that made the sequence),
// and a clean close stores how far it has really come.
//
//   stored last ─────────────────────────────► 64        reserved, in the log
//   in memory   1 2 3 … 17 ◄ next is 18
import { CODE, DatabaseError } from '../base/errors.ts'
import type { Scalar } from '../base/types.ts'
import { objectKey } from '../../storage/mod.ts'
import type { Engine, SequenceObject, Transaction } from '../../storage/mod.ts'

const RESERVED_MIN = 32
const RESERVED_MAX = 4096

interface Position {
  last: bigint
  called: boolean
  /** Values to reserve next time: twice as many each time. */
  ahead: number
}

/** Where the sequences of one open database stand. */
export class SequenceValues {
  readonly #engine: Engine
  readonly #positions = new WeakMap<SequenceObject, Position>()

  constructor(engine: Engine) {
    this.#engine = engine
  }

  #positionOf(sequence: SequenceObject): Position {
    let position = this.#positions.get(sequence)
    if (position === undefined) {
      position = { last: BigInt(sequence.last), called: sequence.called, ahead: RESERVED_MIN }
      this.#positions.set(sequence, position)
    }
    return position
  }

  /** The next value. 2200H at the end of a sequence that does not cycle. `txn` is the open transaction. */
  next(sequence: SequenceObject, txn: Transaction | null): Scalar {
    const position = this.#positionOf(sequence)
    const value = position.called ? following(sequence, position.last) : position.last
    if (!position.called || isBehind(sequence, value)) {
      this.#reserve(sequence, { ...position, last: value, called: true }, txn)
    } else {
      position.last = value
    }
    return scalarOf(value)
  }

  /** setval. 22003 outside of the sequence's bounds. */
  set(sequence: SequenceObject, value: bigint, called: boolean, txn: Transaction | null): Scalar {
    if (value < BigInt(sequence.min) || value > BigInt(sequence.max)) {
      throw new DatabaseError(CODE.NUMERIC_OVERFLOW, `setval: value ${value} is out of bounds for sequence `
        + `"${sequence.name}" (${sequence.min}..${sequence.max})`)
    }
    this.#store(sequence, { ...sequence, last: String(value), called }, { last: value, called, ahead: RESERVED_MIN },
      txn)
    return scalarOf(value)
  }

  /** Where a sequence stands, for ALTER SEQUENCE and definitions. */
  present(sequence: SequenceObject): { readonly last: bigint; readonly called: boolean } {
    return this.#positionOf(sequence)
  }

  // Stores a value some steps ahead, within the bounds.
  #reserve(sequence: SequenceObject, position: Position, txn: Transaction | null): void {
    const [increment, min, max] = [BigInt(sequence.increment), BigInt(sequence.min), BigInt(sequence.max)]
    let ahead = position.last + increment * BigInt(position.ahead - 1)
    if (ahead > max) ahead = max - mod(max - position.last, increment)
    if (ahead < min) ahead = min + mod(position.last - min, -increment)
    const after = { ...position, ahead: Math.min(RESERVED_MAX, position.ahead * 2) }
    this.#store(sequence, { ...sequence, last: String(ahead), called: true }, after, txn)
  }

  #store(sequence: SequenceObject, after: SequenceObject, position: Position, txn: Transaction | null): void {
    const key = objectKey('sequence', sequence.name)
    if (txn !== null && txn.objects.some(change => change.key === key)) txn.setObject(key, after)
    else {
      const own = this.#engine.begin()
      try {
        own.setObject(key, after)
        // Whoever makes a value durable syncs the log up to there, and this record stands before it.
        void own.commitSoon().catch((error: unknown) => this.#engine.poison(error))
      } finally {
        own.rollback()
      }
    }
    this.#positions.set(after, position)
  }

  /** Before a clean close: what was reserved and not given out is free again. */
  settle(): void {
    const { catalog } = this.#engine
    const changed = catalog.objects.all().filter((object): object is SequenceObject => object.kind === 'sequence')
      .filter(sequence => this.#positions.has(sequence) && String(this.#positionOf(sequence).last) !== sequence.last)
    if (changed.length === 0 || !this.#engine.isUsable || this.#engine.isReadOnly) return
    const txn = this.#engine.begin()
    try {
      for (const sequence of changed) {
        const { last, called } = this.#positionOf(sequence)
        const exact: SequenceObject = { ...sequence, last: String(last), called }
        txn.setObject(objectKey('sequence', sequence.name), exact)
      }
      txn.commit()
    } finally {
      txn.rollback()
    }
  }
}

function mod(a: bigint, b: bigint): bigint {
  return a % (b < 0n ? -b : b)
}

// The value after `last`.
function following(sequence: SequenceObject, last: bigint): bigint {
  const increment = BigInt(sequence.increment)
  const value = last + increment
  const [min, max] = [BigInt(sequence.min), BigInt(sequence.max)]
  if (value <= max && value >= min) return value
  if (sequence.cycle) return increment > 0n ? min : max
  const [end, bound] = increment > 0n ? ['maximum', max] : ['minimum', min]
  throw new DatabaseError(CODE.SEQUENCE_LIMIT,
    `nextval: reached ${end} value of sequence "${sequence.name}" (${bound})`)
}

// True when a value lies behind what is reserved; a cycle begins again behind everything.
function isBehind(sequence: SequenceObject, value: bigint): boolean {
  const stored = BigInt(sequence.last)
  if (sequence.cycle) return true
  return BigInt(sequence.increment) > 0n ? value > stored : value < stored
}

/** An int64 as storage and executor have it. */
function scalarOf(value: bigint): Scalar {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}
