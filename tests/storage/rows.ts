// Rows out of scans, for tests: decodes column buffers value by value with nothing but the layout contract of
// storage/column-buffers.ts, so that a mistake in the engine's own readers cannot hide itself.
import { isText, physicalOf } from '../../src/base/types.ts'
import type { Row, Scalar, SqlType } from '../../src/base/types.ts'
import { Arena, LAYOUT } from '../../storage/mod.ts'
import type {
  ColumnBuffers, Engine, LinearMemory, ScanOptions, TableAccess, TableCursor, Transaction,
} from '../../storage/mod.ts'

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** Value of one row of a batch. */
export function scalarAt(memory: LinearMemory, column: ColumnBuffers, type: SqlType, row: number): Scalar {
  if (column.validityPtr !== 0 && !bitAt(memory, column.validityPtr, row)) return null
  const { valuesPtr, layout } = column
  if (column.dictionary !== null) {
    const code = narrowAt(memory, column, row)
    return bytesAt(memory, column.dictionary.viewsPtr + code * 8, type)
  }
  switch (layout) {
    case LAYOUT.F32: return memory.view.getFloat32(valuesPtr + row * 4, true)
    case LAYOUT.F64: return memory.view.getFloat64(valuesPtr + row * 8, true)
    case LAYOUT.I64: return canonicalInt(memory.view.getBigInt64(valuesPtr + row * 8, true))
    case LAYOUT.I128: {
      const low = memory.view.getBigUint64(valuesPtr + row * 16, true)
      return (memory.view.getBigInt64(valuesPtr + row * 16 + 8, true) << 64n) | low
    }
    case LAYOUT.VIEW: return bytesAt(memory, valuesPtr + row * 8, type)
    default: {
      const value = BigInt(column.base) + BigInt(narrowAt(memory, column, row))
      return physicalOf(type) === 'wide' ? value : canonicalInt(value)
    }
  }
}

function canonicalInt(value: bigint): number | bigint {
  const asNumber = Number(value)
  return Number.isSafeInteger(asNumber) ? asNumber : value
}

function narrowAt(memory: LinearMemory, column: ColumnBuffers, row: number): number {
  const { valuesPtr, layout } = column
  if (layout === LAYOUT.U8) return memory.view.getUint8(valuesPtr + row)
  if (layout === LAYOUT.U16) return memory.view.getUint16(valuesPtr + row * 2, true)
  return memory.view.getUint32(valuesPtr + row * 4, true)
}

function bytesAt(memory: LinearMemory, view: number, type: SqlType): Scalar {
  const at = memory.view.getUint32(view, true)
  const bytes = memory.u8.slice(at, at + memory.view.getUint32(view + 4, true))
  return isText(type) ? utf8.decode(bytes) : bytes
}

function bitAt(memory: LinearMemory, ptr: number, row: number): boolean {
  return ((memory.u8[ptr + (row >> 3)]! >> (row & 7)) & 1) === 1
}

/** All rows of a scan in the order of the cursor; rows inside a descending window are reversed. */
export function scanRows(engine: Engine, access: TableAccess, options: Partial<ScanOptions> = {}): Row[] {
  const arena = new Arena(engine.memory)
  const columns = options.columns ?? access.schema.columns.map((_, c) => c)
  const cursor = access.scan({ order: 'none', ...options, columns, arena })
  try {
    const rows: Row[] = []
    for (let part = nextRows(engine, access, columns, cursor); part !== null;
      part = nextRows(engine, access, columns, cursor)) {
      if (options.order === 'descending') part.reverse()
      for (const row of part) rows.push(row)
    }
    return rows
  } finally {
    cursor.close()
    arena.release()
  }
}

/** Rows of the next batch, null at the end. */
export function nextRows(
  engine: Engine, access: TableAccess, columns: readonly number[], cursor: TableCursor,
): Row[] | null {
  const batch = cursor.next()
  if (batch === null) return null
  const rows: Row[] = []
  for (let i = batch.begin; i < batch.end; i++) {
    if (batch.alivePtr !== 0 && !bitAt(engine.memory, batch.alivePtr, i)) continue
    rows.push(columns.map((c, at) =>
      scalarAt(engine.memory, batch.columns[at]!, access.schema.columns[c]!.type, i)))
  }
  return rows
}

/** Runs `read` in a transaction of its own. */
export function reading<T>(engine: Engine, read: (txn: Transaction) => T): T {
  const txn = engine.begin()
  try {
    return read(txn)
  } finally {
    txn.rollback()
  }
}

/** A row as text that is equal exactly for equal rows: NaN, -0, bigints and bytes included. */
export function rowText(row: readonly Scalar[] | null): string {
  return row === null ? 'none' : row.map(scalarText).join('|')
}

function scalarText(value: Scalar): string {
  if (value === null) return 'null'
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
  if (typeof value === 'bigint') return `${value}n`
  return typeof value === 'string' ? JSON.stringify(value) : Buffer.from(value).toString('hex')
}
