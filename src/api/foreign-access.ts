// A table of an attached database as the executor sees it. Each database has a linear memory of its own, and kernels
// address one; so the windows of a foreign cursor are copied into the main database's memory, values and validity as
// they are, text view by view, a dictionary once per cursor.
//
//   foreign memory: window ─ copy ─► arena of the main memory ─► kernels         addresses change, nothing else
import { Arena, LAYOUT, LAYOUT_WIDTH } from '../../storage/mod.ts'
import type {
  ColumnBuffers, CursorCounters, Dictionary, IndexAccess, KeyRange, LinearMemory, ScanBatch, ScanOptions,
  TableAccess, TableCursor,
  ZonePredicate,
} from '../../storage/mod.ts'
import type { Scalar, TableSchema } from '../base/types.ts'

/** The table with its windows copied into `memory`. `foreign` is the memory its own cursors point into. */
export function foreignAccess(access: TableAccess, foreign: LinearMemory, memory: LinearMemory): TableAccess {
  return new ForeignAccess(access, foreign, memory)
}

class ForeignAccess implements TableAccess {
  readonly #access: TableAccess
  readonly #foreign: LinearMemory
  readonly #memory: LinearMemory

  constructor(access: TableAccess, foreign: LinearMemory, memory: LinearMemory) {
    this.#access = access
    this.#foreign = foreign
    this.#memory = memory
  }

  get schema(): TableSchema {
    return this.#access.schema
  }

  estimateRows(): number {
    return this.#access.estimateRows()
  }

  estimateRange(range: KeyRange): number {
    return this.#access.estimateRange(range)
  }

  estimateZones(zones: readonly ZonePredicate[]): number {
    return this.#access.estimateZones(zones)
  }

  groupCount(): number {
    return this.#access.groupCount()
  }

  sampledGroups(): number {
    return this.#access.sampledGroups()
  }

  indexes(): readonly IndexAccess[] {
    return this.#access.indexes().map(index => ({
      name: index.name, definition: index.definition, places: index.places,
      entries: foreignAccess(index.entries, this.#foreign, this.#memory),
      typicalMatches: columns => index.typicalMatches(columns),
    }))
  }

  scan(options: ScanOptions): TableCursor {
    const arena = new Arena(this.#foreign)
    try {
      return new CopyingCursor(this.#access.scan({ ...options, arena }), arena, this.#foreign, this.#memory)
    } catch (error) {
      arena.release()
      throw error
    }
  }

  find(key: readonly Scalar[], columns: readonly number[], out: Scalar[]): boolean {
    return this.#access.find(key, columns, out)
  }
}

class CopyingCursor implements TableCursor {
  readonly #cursor: TableCursor
  /** Scratch of the foreign cursor, in its memory. */
  readonly #scratch: Arena
  readonly #from: LinearMemory
  readonly #to: LinearMemory
  /** The present window, and what lives as long as the cursor. */
  readonly #window: Arena
  readonly #kept: Arena
  readonly #dictionaries = new Map<number, Dictionary>()

  constructor(cursor: TableCursor, scratch: Arena, from: LinearMemory, to: LinearMemory) {
    this.#cursor = cursor
    this.#scratch = scratch
    this.#from = from
    this.#to = to
    this.#window = new Arena(to)
    this.#kept = new Arena(to)
  }

  get counters(): CursorCounters {
    return this.#cursor.counters
  }

  next(): ScanBatch | null {
    const batch = this.#cursor.next()
    if (batch === null) return null
    this.#window.reset()
    const alivePtr = this.#copyBits(batch.alivePtr, batch.windowRows)
    return { ...batch, alivePtr, columns: batch.columns.map(column => this.#copyColumn(column, batch)) }
  }

  close(): void {
    this.#cursor.close()
    this.#scratch.release()
    this.#window.release()
    this.#kept.release()
  }

  #copy(address: number, bytes: number, arena: Arena): number {
    const at = arena.allocate(bytes)
    this.#to.u8.set(this.#from.u8.subarray(address, address + bytes), at)
    return at
  }

  #copyBits(address: number, rows: number): number {
    return address === 0 ? 0 : this.#copy(address, paddedRows(rows) >>> 3, this.#window)
  }

  #copyColumn(column: ColumnBuffers, batch: ScanBatch): ColumnBuffers {
    const { layout, dictionary } = column
    const rows = batch.windowRows
    return {
      ...column,
      valuesPtr: layout === LAYOUT.VIEW ? this.#copyViews(column, batch)
        : this.#copy(column.valuesPtr, paddedRows(rows) * LAYOUT_WIDTH[layout]!, this.#window),
      validityPtr: this.#copyBits(column.validityPtr, rows),
      dictionary: dictionary === null ? null : this.#copyDictionary(dictionary),
    }
  }

  // Views of rows outside the batch, dead or NULL may point anywhere: they become empty.
  #copyViews({ valuesPtr, validityPtr }: ColumnBuffers, batch: ScanBatch): number {
    const { begin, end, alivePtr } = batch
    const views = this.#window.allocateZeroed(paddedRows(batch.windowRows) * 8)
    for (let row = begin; row < end; row++) {
      if (this.#isSet(alivePtr, row) && this.#isSet(validityPtr, row)) {
        this.#copyView(valuesPtr + row * 8, views + row * 8, this.#window)
      }
    }
    return views
  }

  #isSet(bitmap: number, row: number): boolean {
    return bitmap === 0 || ((this.#from.u8[bitmap + (row >>> 3)]! >>> (row & 7)) & 1) === 1
  }

  #copyView(source: number, target: number, arena: Arena): void {
    const address = this.#from.view.getUint32(source, true)
    const length = this.#from.view.getUint32(source + 4, true)
    if (length === 0) return
    const at = arena.allocate(length, 1)
    this.#to.u8.set(this.#from.u8.subarray(address, address + length), at)
    this.#to.view.setUint32(target, at, true)
    this.#to.view.setUint32(target + 4, length, true)
  }

  #copyDictionary(dictionary: Dictionary): Dictionary {
    let copied = this.#dictionaries.get(dictionary.id)
    if (copied === undefined) {
      const viewsPtr = this.#kept.allocateZeroed(dictionary.count * 8)
      for (let i = 0; i < dictionary.count; i++) {
        this.#copyView(dictionary.viewsPtr + i * 8, viewsPtr + i * 8, this.#kept)
      }
      copied = { ...dictionary, viewsPtr }
      this.#dictionaries.set(dictionary.id, copied)
    }
    return copied
  }
}

/** Kernels may read up to the next multiple of 64 rows. */
function paddedRows(rows: number): number {
  return (rows + 63) & ~63
}
