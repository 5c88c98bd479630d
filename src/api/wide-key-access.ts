// A table whose key has a DECIMAL of more than 18 digits, as the executor sees it: the executor's key values are
// numbers while they are exact, storage's are bigints. All other tables are handed to the executor directly.
import type { Scalar, TableSchema } from '../base/types.ts'
import { physicalOf } from '../base/types.ts'
import { storedKey } from './fit-row.ts'
import { foreignAccess } from './foreign-access.ts'
import type {
  IndexAccess, KeyRange, LinearMemory, ScanOptions, StoreAccess, TableAccess, TableCursor, ZonePredicate,
} from '../../storage/mod.ts'

/** The table as it is, behind a converter of its keys, or copied into `memory` when it lies in another one. */
export function executorAccess(access: StoreAccess, memory: LinearMemory): TableAccess {
  const { schema } = access
  const home = access.table.services.reader.memory
  const near = home === memory ? access : foreignAccess(access, home, memory)
  return schema.key.some(c => physicalOf(schema.columns[c]!.type) === 'wide') ? new WideKeyAccess(near) : near
}

class WideKeyAccess implements TableAccess {
  readonly #access: TableAccess

  constructor(access: TableAccess) {
    this.#access = access
  }

  get schema(): TableSchema {
    return this.#access.schema
  }

  #range(range: KeyRange): KeyRange {
    const stored = (key: readonly Scalar[] | null): readonly Scalar[] | null => key === null
      ? null
      : storedKey(this.schema, key)
    return { ...range, lower: stored(range.lower), upper: stored(range.upper) }
  }

  estimateRows(): number {
    return this.#access.estimateRows()
  }

  estimateRange(range: KeyRange): number {
    return this.#access.estimateRange(this.#range(range))
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

  scan(options: ScanOptions): TableCursor {
    return this.#access.scan(options.range === undefined ? options : { ...options, range: this.#range(options.range) })
  }

  indexes(): readonly IndexAccess[] {
    return this.#access.indexes()
  }

  find(key: readonly Scalar[], columns: readonly number[], out: Scalar[]): boolean {
    return this.#access.find(storedKey(this.schema, key), columns, out)
  }
}
