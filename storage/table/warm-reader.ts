// Point reads of numeric keys on a warm root: model, last mile and every column's value as one generated function,
// so that V8 sees one straight path over typed arrays. It knows only pages that are in memory and the kinds of
// chunk in warm-places.ts; for anything else it answers null, "ask the general path", before it counts anything.
//
//   key ─ packed model ─► group, rows [lo, hi) ─► last mile in the key's frame ─► row
//       ─ record of the group ─► frame of each column ─► values ─► row object
//
// The loads of different columns do not depend on each other: the processor waits for memory once, not once per
// column. That, and no detour through metas, is where the time goes on tables larger than its caches.
//
// The source depends on the columns' kinds only and is compiled once per process; a new root with the same kinds
// gets a new closure over the same code.
import { packModels } from '../../index/mod.ts'
import type { PackedModel } from '../../index/mod.ts'
import type { Scalar, SqlType } from '../../src/base/types.ts'
import type { IndexCounters } from '../access.ts'
import type { LinearMemory } from '../memory/linear-memory.ts'
import type { BufferPool } from '../pool/buffer-pool.ts'
import type { DeletionVector } from '../row-group/deletion-vector.ts'
import { ValueReader } from '../row-group/value-reader.ts'
import type { EarlyReads } from './early-reads.ts'
import type { TableRoot } from './table-root.ts'
import type { TableStore } from './table-store.ts'
import { ABSENT, KIND, SLICES, SLICE_SHIFT, WarmPlaces } from './warm-places.ts'
import type { ColumnPlaces, Kind } from './warm-places.ts'

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
 * the delta supersedes. Keys are finite.
 */
export type WarmGet<T> = (key: number, isDirty: boolean) => T | undefined | null

/** The same answers two ways (early-reads.ts); which one is asked is the caller's choice from call to call. */
export interface WarmGets<T> {
  readonly early: WarmGet<T>
  readonly late: WarmGet<T>
}

/** Roots with more row groups keep the two-level model: a record per group and column would be megabytes. */
const GROUPS_MAX = 8192

/**
 * The generated readers of a root, or null where it cannot be (keys that are no numbers, int64 keys beyond 2^53,
 * infinities, too many groups, a key column of another encoding). `reads` is kept by the caller over roots. Reads the
 * metas of all groups; O(segments).
 */
export function makeWarmGet<T>(
  table: TableStore, root: TableRoot, shape: RowShape, reader: ValueReader, reads: EarlyReads,
): WarmGets<T> | null {
  const { groups } = root
  if (groups.length === 0 || groups.length > GROUPS_MAX || table.order.mode !== 'number') return null
  const metas = groups.map((group) => table.metaOf(group))
  if (metas.some((meta) => meta.keyBase !== null)) return null
  const types = table.schema.columns.map((column) => column.type)
  const keyColumn = table.order.columns[0]!
  const columns = shape.columns.filter((c) => c !== keyColumn)
  const { pool, memory } = table.services.reader
  const places = new WarmPlaces(pool, groups, metas, keyColumn, columns, types)
  if (places.key.kinds.every((kind) => kind === KIND.OTHER)) return null
  const model = packModels(metas.map((meta) => meta.model))
  if (model === null) return null
  const dead = groups.map((group) => group.dead)
  const { counters } = table.services
  const make = (isEarly: boolean): WarmGet<T> =>
    factoryOf(generate(shape, places, columns, keyColumn, types, isEarly))(
      model, places, memory, pool, counters, reader, dead, shape.converts, reads) as WarmGet<T>
  return { early: make(true), late: make(false) }
}

function factoryOf(source: string): WarmFactory {
  let factory = factories.get(source)
  if (factory === undefined) {
    factory = new Function(...PARAMETERS, source) as WarmFactory
    if (factories.size >= FACTORIES_MAX) factories.clear()
    factories.set(source, factory)
  }
  return factory
}

type WarmFactory = (
  model: PackedModel, places: WarmPlaces, memory: LinearMemory, pool: BufferPool, counters: IndexCounters,
  reader: ValueReader, dead: readonly DeletionVector[], converts: readonly Convert[],
  reads: EarlyReads,
) => WarmGet<unknown>

const PARAMETERS = ['model', 'places', 'memory', 'pool', 'counters', 'reader', 'dead', 'converts', 'reads']
const factories = new Map<string, WarmFactory>()
const FACTORIES_MAX = 200
/** Lookups after a page has left its frame before the places are resolved anew. */
const REFRESH_LOOKUPS = 1024
const SLICE_BITS = Math.log2(SLICES)

// The whole function. `q` is the record of the slice in `words`, `row` the key's row, -1 when there is none.
function generate(
  shape: RowShape, places: WarmPlaces, columns: readonly number[], keyColumn: number, types: readonly SqlType[],
  isEarly: boolean,
): string {
  const { names, converts } = shape
  const values = shape.columns.map((c, i) => {
    const value = c === keyColumn ? 'key' : `v${columns.indexOf(c)}`
    return converts[i] === null ? value : `converts[${i}](${value})`
  })
  const { key } = places
  return `'use strict'
  const { u8, u16, u32, i32, f64 } = memory
  const { words, strings, columns, groups } = places
  const keyBases = places.key.bases
  const chunks = columns.map(column => column.chunks)
  const bases = columns.map(column => column.bases)
  let departures = pool.departures
  let stale = 0
  const refresh = () => {
    if (++stale < ${REFRESH_LOOKUPS}) return
    stale = 0
    departures = pool.departures
    places.resolveAll()
  }
  return (key, isDirty) => {
    if (pool.departures !== departures) {
      refresh()
      return null
    }
    if (!model.search(key)) return undefined
    const { part, pos, lo, hi } = model
    const q = ((part << ${SLICE_BITS}) + (pos >>> ${SLICE_SHIFT})) * ${places.stride}
    const origin = words[q]
    if (((lo ^ (hi - 1)) >>> ${SLICE_SHIFT}) !== 0) return null
    if (origin === ${ABSENT}) {
      places.resolve(part, pos >>> ${SLICE_SHIFT})
      return null
    }
    ${isEarly ? places.columns.map(emitEarly).join('\n    ') : ''}
    let row = -1
    ${places.columns.map((_, i) => `let v${i}`).join('\n    ')}
    ${choose(`words[q + ${key.kindAt}]`, key.kinds, emitSearch)}
    if (isDirty && row >= 0 && dead[part].has(row)) return null
    if (row >= 0) {
      ${places.columns.map((column, i) => emitColumn(column, i, types[columns[i]!]!, isEarly)).join('\n    ')}
      // Reading a long value may have taken a frame away that a later column was read from.
      if (pool.departures !== departures) return null
    }
    counters.probes++
    counters.windowRows += hi - lo
    counters.keyPages++
    if (--reads.left === 0) reads.decide()
    if (row < 0) {
      reads.absent++
      return undefined
    }
    const error = row > pos ? row - pos : pos - row
    if (error > counters.maxError) counters.maxError = error
    pool.noteHits(${columns.length + 1})
    return ${shaped(names, values)}
  }`
}

// One kind: its code. Several: a switch over the kind in the record.
function choose(kind: string, kinds: readonly Kind[], emit: (kind: Kind) => string): string {
  if (kinds.length === 1) return emit(kinds[0]!)
  return `switch (${kind}) { ${kinds.map((one) => `case ${one}: { ${emit(one)}\n break }`).join('\n')} }`
}

/** Element `index` of the typed array of a kind. Origins in u8 may be above 2^31. */
function element(kind: Kind, index: string): string {
  switch (kind) {
    case KIND.U8: case KIND.CODE8: return `u8[${index} >>> 0]`
    case KIND.U16: case KIND.CODE16: return `u16[${index}]`
    case KIND.U32: return `u32[${index}]`
    case KIND.F64: return `f64[${index}]`
    // A safe integer, which the values of a key are; a column's values need not be (emitValue).
    default: return `(i32[2 * ${index} + 1] * 4294967296 + u32[2 * ${index}])`
  }
}

// From the predicted row to the key's, in steps within a cache line or two; wide windows are halved after 16 steps.
function emitSearch(kind: Kind): string {
  if (kind === KIND.OTHER) return 'return null'
  const at = element(kind, '(origin + at)')
  const isFloat = kind === KIND.F64 || kind === KIND.I64
  return `const distance = key - keyBases[part]
    const wanted = ${isFloat ? 'distance' : 'distance >>> 0'}
    ${isFloat ? '' : 'if (wanted === distance)'} {
      let at = pos
      let value = ${at}
      if (value < wanted) {
        const stop = at + 16 < hi ? at + 16 : hi
        while (++at < stop && (value = ${at}) < wanted);
        if (value < wanted) { ${emitHalving(at, 'at', 'hi')} }
      } else if (value > wanted) {
        const stop = at - 16 > lo ? at - 16 : lo
        while (--at >= stop && (value = ${at}) > wanted);
        if (value > wanted) { ${emitHalving(at, 'lo', 'at + 1')} }
      }
      if (value === wanted) row = at
    }`
}

function emitHalving(element: string, lo: string, hi: string): string {
  return `let low = ${lo}, high = ${hi}
          while (low < high) {
            at = (low + high) >>> 1
            value = ${element}
            if (value === wanted) break
            if (value < wanted) low = at + 1
            else high = at
          }`
}

// Reads the predicted row's value before the search knows the row: the right one is on the same cache line, or
// near it, and the memory of all columns and of the key is then waited for at once. When that pays: early-reads.ts.
function emitEarly(column: ColumnPlaces, i: number): string {
  const kind = column.kinds.length === 1 ? column.kinds[0]! : KIND.OTHER
  if (kind === KIND.OTHER) return ''
  return `const o${i} = words[q + ${column.at}]
    let r${i} = ${element(kind, `(o${i} + pos)`)}`
}

// Sets v<i>, the column's value.
function emitColumn(column: ColumnPlaces, i: number, type: SqlType, isEarly: boolean): string {
  const isRead = isEarly && column.kinds.length === 1
  const emit = (kind: Kind): string => {
    if (kind === KIND.OTHER) {
      return `v${i} = reader.${ValueReader.methodFor(type)}(groups[part], chunks[${i}][part], row)`
    }
    const read = isRead ? `if (row !== pos) r${i} = ${element(kind, `(o${i} + row)`)}`
      : `const r${i} = ${element(kind, `(words[q + ${column.at}] + row)`)}`
    return `${read}\n${emitValue(kind, column, i, type)}`
  }
  const value = `v${i} = null\n${choose(`words[q + ${column.kindAt}]`, column.kinds, emit)}`
  if (column.validityAt === 0) return value
  return `${value}
    const b${i} = words[q + ${column.validityAt}]
    if (b${i} !== 0 && (u8[b${i} + (row >>> 3) >>> 0] >>> (row & 7) & 1) === 0) v${i} = null`
}

// From the raw r<i> to the value.
function emitValue(kind: Exclude<Kind, 0>, { at, bases }: ColumnPlaces, i: number, type: SqlType): string {
  if (kind === KIND.F64) return `v${i} = r${i}`
  if (kind === KIND.I64) {
    return `v${i} = r${i} <= ${2 ** 53 - 1} && r${i} >= ${1 - 2 ** 53} ? r${i}
      : reader.readInt(groups[part], chunks[${i}][part], row)`
  }
  const extra = `words[q + ${at + 1}]`
  if (kind === KIND.CODE8 || kind === KIND.CODE16) {
    return `v${i} = strings[${extra} + r${i}]
    if (v${i} === undefined) {
      v${i} = reader.dictionaryString(groups[part], chunks[${i}][part], r${i})
      strings[${extra} + r${i}] = v${i}
    }`
  }
  if (bases !== null) return `v${i} = bases[${i}][part] + r${i}`
  return isInt32(type) ? `v${i} = (${extra} + r${i}) | 0` : `v${i} = ${extra} + r${i}`
}

function isInt32({ kind }: SqlType): boolean {
  return kind === 'smallint' || kind === 'integer' || kind === 'date' || kind === 'boolean'
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
