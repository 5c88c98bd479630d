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
import { KIND, SLICE_SHIFT, SLOT } from './warm-base.ts'
import type { Kind, WarmBase, WarmColumn } from './warm-base.ts'
import { FIND, compileFinds } from './warm-find.ts'
import type { Find, Finds } from './warm-find.ts'

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

/** Adds the rows of keys to `rows`; `get` answers for keys that are no numbers or not found in the base. */
export type WarmGetMany<T> = (keys: ArrayLike<unknown>, rows: (T | undefined)[], get: (key: unknown) => T | undefined)
  => void

/** The same answers two ways (early-reads.ts), one is chosen from call to call; and many at once. */
export interface WarmGets<T> {
  readonly early: WarmGet<T>
  readonly late: WarmGet<T>
  readonly many: WarmGetMany<T>
}

/** The generated readers over the image of a table. `reads` is kept by the caller over bases. */
export function makeWarmGet<T>(
  table: TableStore, base: WarmBase, shape: RowShape, reader: ValueReader, reads: EarlyReads,
): WarmGets<T> {
  const keyColumn = table.order.columns[0]!
  const columns = shape.columns.filter((c) => c !== keyColumn)
  const finds = compileFinds(base, columns)
  const types = table.schema.columns.map((column) => column.type)
  const parts: Parts = { shape, base, columns, keyColumn, types }
  const make = (source: string, find: Find): unknown =>
    (new Function(...PARAMETERS, `'use strict'\n${PROLOGUE}\n${source}`) as WarmFactory)(
      table, find, finds, base, table.services.reader.pool, table.services.counters, reader,
      base.groups.map((group) => group.dead), shape.converts, reads)
  return {
    early: make(generateOne(parts, true), finds.early) as WarmGet<T>,
    late: make(generateOne(parts, false), finds.late) as WarmGet<T>,
    many: make(generateMany(parts), finds.early) as WarmGetMany<T>,
  }
}

type WarmFactory = (
  table: TableStore, find: Find, finds: Finds, base: WarmBase, pool: BufferPool, counters: IndexCounters,
  reader: ValueReader, dead: readonly DeletionVector[], converts: readonly Convert[], reads: EarlyReads,
) => unknown

const PARAMETERS = ['table', 'find', 'finds', 'base', 'pool', 'counters', 'reader', 'dead', 'converts', 'reads']
const PROLOGUE = `const { u32, i32, f64 } = base.memory
  const { strings, groups } = base
  const chunks = base.columns.map(column => column.chunks)
  const bases = base.columns.map(column => column.bases)
  const extras = base.columns.map(column => column.extras)`

/** What a generated function depends on. `columns`: those that are read, which the key is not. */
interface Parts {
  readonly shape: RowShape
  readonly base: WarmBase
  readonly columns: readonly number[]
  readonly keyColumn: number
  readonly types: readonly SqlType[]
}

/** Sources that read a word of the slot at an offset in bytes. */
interface SlotSource {
  i32(offset: number): string
  u32(offset: number): string
  f64(offset: number): string
}

// `found`, `part`, `row`: where the row is.
function generateOne(parts: Parts, isEarly: boolean): string {
  const { base, shape } = parts
  const slot: SlotSource = {
    i32: (offset) => `i32[${(base.slotsAt + offset) / 4}]`,
    u32: (offset) => `u32[${(base.slotsAt + offset) / 4}]`,
    f64: (offset) => `f64[${(base.slotsAt + offset) / 8}]`,
  }
  return `const { late } = finds
  const miss = (found, key) => {
    if (found === ${FIND.ELSEWHERE}) {
      // Columns are not asked for when the key is absent.
      if (find !== late && late(key, 0) === ${FIND.ABSENT}) return miss(${FIND.ABSENT}, key)
      base.resolve(${slot.i32(SLOT.PART)}, ${slot.i32(SLOT.POS)} >>> ${SLICE_SHIFT})
      return null
    }
    if (found === ${FIND.ASTRIDE}) return null
    if (found === ${FIND.ABSENT}) reads.noteAbsent(counters.probes)
    return undefined
  }
  return (key, isDirty) => {
    if (pool.departures !== base.departures) {
      base.noteVoid()
      return null
    }
    const found = find(key, 0)
    if (found < 0) return miss(found, key)
    const part = found >>> 16
    const row = found & 0xffff
    if (isDirty === true && dead[part].has(row)) {
      ${emitUncount(slot)}
      return null
    }
    ${emitFound(parts, slot)}
    ${isEarly ? '' : 'reads.notePresent(counters.probes)'}
    return ${shaped(shape.names, emitValues(parts))}
  }`
}

function generateMany(parts: Parts): string {
  const { base, shape } = parts
  const slot: SlotSource = {
    i32: (offset) => `i32[at + ${(base.slotsAt + offset) / 4}]`,
    u32: (offset) => `u32[at + ${(base.slotsAt + offset) / 4}]`,
    f64: (offset) => `f64[(at >> 1) + ${(base.slotsAt + offset) / 8}]`,
  }
  return `return (keys, rows, get) => {
    for (let first = 0; first < keys.length; first += ${base.batch}) {
      const count = Math.min(${base.batch}, keys.length - first)
      for (let i = 0; i < count; i++) {
        const key = keys[first + i]
        f64[${base.keysAt / 8} + i] = typeof key === 'number' ? key : NaN
      }
      const { root } = table
      if (pool.departures !== base.departures || root.base !== base.directory) {
        for (let i = 0; i < count; i++) rows.push(get(keys[first + i]))
        continue
      }
      const isDirty = table.delta.entryCount > 0 || root.isLayered
      finds.many(count)
      for (let i = 0, at = 0; i < count; i++, at += ${base.slotBytes / 4}) {
        const found = ${slot.i32(SLOT.FOUND)}
        const part = found >>> 16
        const row = found & 0xffff
        if (found < 0 || isDirty && dead[part].has(row)) {
          if (found >= ${FIND.ABSENT}) { ${emitUncount(slot)} }
          rows.push(get(keys[first + i]))
          continue
        }
        const key = f64[${base.keysAt / 8} + i]
        ${emitFound(parts, slot)}
        rows.push(${shaped(shape.names, emitValues(parts))})
      }
    }
  }`
}

// Declares the values of the columns. They were copied into the slot: that reading a long one takes another page away
// does no harm.
function emitFound({ base, columns, types }: Parts, slot: SlotSource): string {
  return `${columns.map((c) => emitColumn(base.columns[c]!, c, slot, types[c]!)).join('\n    ')}
    pool.noteHits(${columns.length + 1})`
}

// Takes back what a lookup counted whose answer is asked for elsewhere, where it is counted again.
function emitUncount(slot: SlotSource): string {
  return `counters.probes--
      counters.keyPages--
      counters.windowRows -= ${slot.i32(SLOT.WINDOW)}`
}

// The values of a row object as expressions. A key is never -0.
function emitValues({ shape: { columns, converts }, keyColumn }: Parts): string[] {
  return columns.map((c, i) => {
    const value = c === keyColumn ? '(key + 0)' : `v${c}`
    return converts[i] === null ? value : `converts[${i}](${value})`
  })
}

// Declares v<c>, the column's value.
function emitColumn(column: WarmColumn, c: number, slot: SlotSource, type: SqlType): string {
  const { kinds } = column
  let value = emitValue(kinds[kinds.length - 1]!, column, c, slot, type)
  for (let i = kinds.length - 2; i >= 0; i--) {
    const test = `${slot.i32(column.slot + SLOT.KIND)} === ${kinds[i]!}`
    value = `${test} ? ${emitValue(kinds[i]!, column, c, slot, type)} : ${value}`
  }
  const isNullable = column.hasNulls && kinds.some((kind) => kind !== KIND.OTHER)
  return `const v${c} = ${isNullable ? `${slot.i32(column.slot + SLOT.VALID)} === 0 ? null : ` : ''}${value}`
}

function emitValue(kind: Kind, column: WarmColumn, c: number, slot: SlotSource, type: SqlType): string {
  const general = `reader.${ValueReader.methodFor(type)}(groups[part], chunks[${c}][part], row)`
  switch (kind) {
    case KIND.OTHER: return general
    case KIND.F64: return slot.f64(column.slot)
    case KIND.I64: {
      const high = slot.i32(column.slot + 4)
      const value = `${high} * 0x100000000 + ${slot.u32(column.slot)}`
      return `(${high} > -0x200000 && ${high} < 0x200000 ? ${value} : ${general})`
    }
    case KIND.CODE8: case KIND.CODE16: {
      const place = slot.i32(column.slot)
      return `(strings[${place}] ?? (strings[${place}] = reader.dictionaryString(
        groups[part], chunks[${c}][part], (${place} - extras[${c}][part]) | 0)))`
    }
    default: return isInt32(type) ? slot.i32(column.slot) : `(bases[${c}][part] + ${slot.u32(column.slot)})`
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
