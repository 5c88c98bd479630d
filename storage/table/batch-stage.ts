// Batches of a cursor as staged columns: how rows of a table, wherever they stand (row groups, delta), become
// input of a bulk build. Only alive rows of a batch are taken, in batch order.
import { isText } from '../../src/base/types.ts'
import type { Scalar, SqlType } from '../../src/base/types.ts'
import { LAYOUT } from '../column-buffers.ts'
import type { ColumnBuffers, ScanBatch } from '../column-buffers.ts'
import type { LinearMemory } from '../memory/linear-memory.ts'
import type { ColumnStage } from '../row-group/staged-column.ts'
import { safeInteger } from '../row-group/staged-column.ts'

/** Appends the batch's rows to one stage per column of the batch. Returns how many there were. */
export function stageBatch(memory: LinearMemory, batch: ScanBatch, stages: readonly ColumnStage[]): number {
  const rows = aliveRows(memory, batch)
  for (let c = 0; c < stages.length; c++) stageColumn(memory, batch.columns[c]!, rows, stages[c]!)
  return rows.length
}

// Window rows of the batch that are alive, ascending.
function aliveRows(memory: LinearMemory, batch: ScanBatch): Int32Array {
  const { begin, end, alivePtr } = batch
  const rows = new Int32Array(end - begin)
  let count = 0
  for (let row = begin; row < end; row++) {
    const isAlive = alivePtr === 0 || ((memory.u8[alivePtr + (row >>> 3)]! >>> (row & 7)) & 1) !== 0
    if (isAlive) rows[count++] = row
  }
  return rows.subarray(0, count)
}

function stageColumn(memory: LinearMemory, column: ColumnBuffers, rows: Int32Array, stage: ColumnStage): void {
  const read = valueReader(memory, column, stage.type)
  const { validityPtr } = column
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    const isNull = validityPtr !== 0 && ((memory.u8[validityPtr + (row >>> 3)]! >>> (row & 7)) & 1) === 0
    stage.append(isNull ? null : read(row))
  }
}

// One function per column and batch, so that the loop above does not look at layouts.
function valueReader(memory: LinearMemory, column: ColumnBuffers, type: SqlType): (row: number) => Scalar {
  const { layout, valuesPtr, dictionary } = column
  if (dictionary !== null) return dictionaryReader(memory, column, type)
  const { u8, u16, u32, i32, f32, f64, i64 } = memory
  switch (layout) {
    case LAYOUT.U8: return rebased(column, (row) => u8[valuesPtr + row]!)
    case LAYOUT.U16: return rebased(column, (row) => u16[(valuesPtr >>> 1) + row]!)
    case LAYOUT.U32: return rebased(column, (row) => u32[(valuesPtr >>> 2) + row]!)
    case LAYOUT.I64: return (row) => {
      const at = (valuesPtr >>> 2) + 2 * row
      const high = i32[at + 1]!
      if (high >= -0x1fffff && high < 0x200000) return high * 0x1_0000_0000 + u32[at]!
      return safeInteger(i64[at >>> 1]!)
    }
    case LAYOUT.F32: return (row) => f32[(valuesPtr >>> 2) + row]!
    case LAYOUT.F64: return (row) => f64[valuesPtr / 8 + row]!
    case LAYOUT.I128: return (row) => {
      const at = valuesPtr / 8 + 2 * row
      return (i64[at + 1]! << 64n) | BigInt.asUintN(64, i64[at]!)
    }
    case LAYOUT.VIEW: return (row) => viewAt(memory, (valuesPtr >>> 2) + 2 * row, type)
  }
}

function rebased(column: ColumnBuffers, read: (row: number) => number): (row: number) => number | bigint {
  const { base } = column
  if (typeof base === 'number') return base === 0 ? read : (row) => base + read(row)
  return (row) => safeInteger(base + BigInt(read(row)))
}

function dictionaryReader(memory: LinearMemory, column: ColumnBuffers, type: SqlType): (row: number) => Scalar {
  const entries: Scalar[] = []
  const { layout, valuesPtr } = column
  const views = column.dictionary!.viewsPtr >>> 2
  const codeAt = layout === LAYOUT.U8 ? (row: number): number => memory.u8[valuesPtr + row]!
    : layout === LAYOUT.U16 ? (row: number): number => memory.u16[(valuesPtr >>> 1) + row]!
      : (row: number): number => memory.u32[(valuesPtr >>> 2) + row]!
  return (row) => {
    const code = codeAt(row)
    return entries[code] ??= viewAt(memory, views + 2 * code, type)
  }
}

function viewAt(memory: LinearMemory, at: number, type: SqlType): string | Uint8Array {
  const address = memory.u32[at]!
  const bytes = memory.u8.slice(address, address + memory.u32[at + 1]!)
  return isText(type) ? decoder.decode(bytes) : bytes
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
