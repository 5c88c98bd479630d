// Point reads of numeric keys on a warm base: warm-find.ts finds the row and puts its values into the scratch of the
// table's image (warm-base.ts), and a generated function makes the row object of them. It knows only pages that are in
// memory; for anything else it answers null, "ask the general path", before it counts anything.
//
//   key ─ find (WebAssembly) ─► part, row, raw values in scratch ─► { name: value, … }
//
// The function is generated anew for every base and reader, so that addresses, lists and the code it calls are
// constants of it for V8: one closure per source is what V8 specialises on. Integers stay small integers and fields
// without NULLs doubles, so that a row is one object and at most one box per double.
import { isInt32 } from '../../src/base/types.ts'
import type { Scalar, SqlType } from '../../src/base/types.ts'
import type { IndexCounters } from '../access.ts'
import type { BufferPool } from '../pool/buffer-pool.ts'
import type { DeletionVector } from '../row-group/deletion-vector.ts'
import { ValueReader } from '../row-group/value-reader.ts'
import type { EarlyReads } from './early-reads.ts'
import type { TableStore } from './table-store.ts'
import { KIND, SCRATCH, SLICE_SHIFT } from './warm-base.ts'
import type { Kind, WarmBase } from './warm-base.ts'
import { FIND, compileFinds } from './warm-find.ts'
import type { Find } from './warm-find.ts'

/** Turns a Scalar into what the user sees; null = it already is. */
export type Convert = ((value: Scalar) => unknown) | null

/** A row object. */
export type RowObject = Record<string, unknown>

/** What a reader makes of a row: schema ordinals, the properties of the row object, the conversions. */
export interface RowShape {
  readonly columns: readonly number[]
  /** Null = the value of the one column. */
  readonly names: readonly string[] | null
  readonly converts: readonly Convert[]
}

/**
 * The row; undefined = not in the base; null = ask the general path. With `isDirty` null also stands for a row that
 * the delta supersedes.
 */
export type WarmGet<T> = (key: number, isDirty: boolean) => T | undefined | null

/** The same answers two ways (early-reads.ts); which one is asked is the caller's choice from call to call. */
export interface WarmGets<T> {
  readonly early: WarmGet<T>
  readonly late: WarmGet<T>
}

/** The generated readers over the image of a table. `reads` is kept by the caller over bases. */
export function makeWarmGet<T>(
  table: TableStore, base: WarmBase, shape: RowShape, reader: ValueReader, reads: EarlyReads,
): WarmGets<T> {
  const keyColumn = table.order.columns[0]!
  const columns = shape.columns.filter((c) => c !== keyColumn)
  const finds = compileFinds(base, columns)
  const source = generate(shape, base, columns, keyColumn, table.schema.columns.map((column) => column.type))
  const dead = base.groups.map((group) => group.dead)
  const { counters, reader: { pool } } = table.services
  const make = (find: Find): WarmGet<T> =>
    (new Function(...PARAMETERS, source) as WarmFactory)(
      find, finds.late, base, pool, counters, reader, dead, shape.converts, reads) as WarmGet<T>
  return { early: make(finds.early), late: make(finds.late) }
}

type WarmFactory = (
  find: Find, late: Find, base: WarmBase, pool: BufferPool, counters: IndexCounters, reader: ValueReader,
  dead: readonly DeletionVector[], converts: readonly Convert[], reads: EarlyReads,
) => WarmGet<unknown>

const PARAMETERS = ['find', 'late', 'base', 'pool', 'counters', 'reader', 'dead', 'converts', 'reads']

// The whole function. `part` and `row`: where the row is.
function generate(
  shape: RowShape, base: WarmBase, columns: readonly number[], keyColumn: number, types: readonly SqlType[],
): string {
  const { names, converts } = shape
  const values = shape.columns.map((c, i) => {
    const value = c === keyColumn ? '(key + 0)' : `v${c}`
    return converts[i] === null ? value : `converts[${i}](${value})`
  })
  const read = columns.map((c) => emitColumn(base, c, types[c]!))
  const mayFetch = columns.some((c) => base.columns[c]!.kinds.some((kind) => kind === KIND.OTHER || kind === KIND.I64))
  const word = (offset: number): string => `i32[${(base.scratch + offset) / 4}]`
  return `'use strict'
  const { u32, i32, f64 } = base.memory
  const { strings, groups } = base
  const chunks = base.columns.map(column => column.chunks)
  const bases = base.columns.map(column => column.bases)
  const extras = base.columns.map(column => column.extras)
  const count = () => {
    counters.probes++
    counters.windowRows += ${word(SCRATCH.WINDOW)}
    counters.keyPages++
    if (--reads.left === 0) reads.decide()
  }
  const miss = (found, key) => {
    if (found === ${FIND.ELSEWHERE}) {
      // Columns are not asked for when the key is absent.
      if (find !== late && late(key) === ${FIND.ABSENT}) return miss(${FIND.ABSENT}, key)
      base.resolve(${word(SCRATCH.PART)}, ${word(SCRATCH.POS)} >>> ${SLICE_SHIFT})
      return null
    }
    if (found === ${FIND.ASTRIDE}) return null
    if (found === ${FIND.ABSENT}) {
      count()
      reads.absent++
    }
    return undefined
  }
  return (key, isDirty) => {
    if (pool.departures !== base.departures) {
      base.noteVoid()
      return null
    }
    const found = find(key)
    if (found < 0) return miss(found, key)
    const part = found >>> 16
    const row = found & 0xffff
    if (isDirty === true && dead[part].has(row)) return null
    ${read.join('\n    ')}
    ${mayFetch ? '// A page that was fetched may have taken the place of one that a later column was read from.' : ''}
    ${mayFetch ? 'if (pool.departures !== base.departures) return null' : ''}
    count()
    const error = row - ${word(SCRATCH.POS)}
    if (error > counters.maxError || -error > counters.maxError) counters.maxError = error < 0 ? -error : error
    pool.noteHits(${columns.length + 1})
    return ${shaped(names, values)}
  }`
}

// Declares v<c>, the column's value.
function emitColumn(base: WarmBase, c: number, type: SqlType): string {
  const column = base.columns[c]!
  const at = base.scratch + column.scratch
  const kinds = column.kinds.map((kind) => ({ kind, value: emitValue(kind, c, at, type) }))
  let value = kinds[kinds.length - 1]!.value
  for (let i = kinds.length - 2; i >= 0; i--) {
    value = `i32[${(at + SCRATCH.KIND) / 4}] === ${kinds[i]!.kind} ? ${kinds[i]!.value} : ${value}`
  }
  const isNullable = column.hasNulls && column.kinds.some((kind) => kind !== KIND.OTHER)
  return `const v${c} = ${isNullable ? `i32[${(at + SCRATCH.VALID) / 4}] === 0 ? null : ` : ''}${value}`
}

// The value at `at` of the scratch as an expression.
function emitValue(kind: Kind, c: number, at: number, type: SqlType): string {
  const general = `reader.${ValueReader.methodFor(type)}(groups[part], chunks[${c}][part], row)`
  switch (kind) {
    case KIND.OTHER: return general
    case KIND.F64: return `f64[${at / 8}]`
    case KIND.I64: {
      const high = `i32[${at / 4 + 1}]`
      return `(${high} > -0x200000 && ${high} < 0x200000 ? ${high} * 0x100000000 + u32[${at / 4}] : ${general})`
    }
    case KIND.CODE8: case KIND.CODE16: {
      const place = `i32[${at / 4}]`
      return `(strings[${place}] ?? (strings[${place}] = reader.dictionaryString(
        groups[part], chunks[${c}][part], (${place} - extras[${c}][part]) | 0)))`
    }
    default: return isInt32(type) ? `i32[${at / 4}]` : `(bases[${c}][part] + u32[${at / 4}])`
  }
}


/** Source of an object literal of all values, or of the only value. */
export function shaped(names: readonly string[] | null, values: readonly string[]): string {
  if (names === null) return values[0]!
  return `{ ${values.map((value, i) => `${property(names[i]!)}: ${value}`).join(', ')} }`
}

// In brackets, `__proto__` is a property like any other.
function property(name: string): string {
  const text = JSON.stringify(name)
  return name === '__proto__' ? `[${text}]` : text
}
