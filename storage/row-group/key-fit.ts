// Fits the key model of a row group being written: projects every key to a number relative to the group
// (past the common prefix, or minus the key base) and hands the numbers to index/.
import { commonPrefixLength, fitModelOf, projectBytes, projectNumber } from '../../index/mod.ts'
import type { GroupModel, GroupModelOptions } from '../../index/mod.ts'
import type { Scalar, TableSchema } from '../../src/base/types.ts'
import type { KeyOrder } from '../table/key.ts'
import { loadSafeDoubles, stagedScalar } from './staged-column.ts'
import type { StagedColumn } from './staged-column.ts'

const encoder = new TextEncoder()
const projected = new Float64Array(65536)

/** Model of rows [begin, begin + rows), with what a lookup must do to its key first. */
export interface KeyFit {
  readonly model: GroupModel
  readonly prefix: Uint8Array
  readonly keyBase: bigint | null
}

const NO_PREFIX = new Uint8Array(0)
const LEARNED: GroupModelOptions = { kind: 'learned' }

/** Keys made in one step. */
const STEP_KEYS = 4096

/** Fits the model of a group whose staged rows are sorted by key, in steps. */
export function* fitKeys(
  target: { readonly order: KeyOrder; readonly schema: TableSchema }, columns: readonly StagedColumn[],
  begin: number, rows: number,
): Generator<void, KeyFit> {
  const { order } = target
  const options: GroupModelOptions = target.schema.index ?? LEARNED
  if (order.mode === 'number') return fitNumbers(columns[order.columns[0]!]!, begin, rows, options)
  const keys: Uint8Array[] = new Array(rows)
  for (let i = 0; i < rows; i++) {
    if (i % STEP_KEYS === STEP_KEYS - 1) yield
    keys[i] = keyBytes(order, columns, begin + i)
  }
  const shared = commonPrefixLength(keys[0]!, keys[rows - 1]!)
  // The numbers are shared with other fits: no step ends between here and the model.
  for (let i = 0; i < rows; i++) projected[i] = projectBytes(keys[i]!, 0, keys[i]!.length, shared)
  return { model: fitModelOf(projected, rows, options), prefix: keys[0]!.slice(0, shared), keyBase: null }
}

function keyBytes(order: KeyOrder, columns: readonly StagedColumn[], row: number): Uint8Array {
  if (order.mode === 'text') return encoder.encode(stagedScalar(columns[order.columns[0]!]!, row) as string)
  const values: Scalar[] = order.columns.map((c) => stagedScalar(columns[c]!, row))
  return Buffer.from(order.fromValues(values) as string, 'latin1')
}

function fitNumbers(column: StagedColumn, begin: number, rows: number, options: GroupModelOptions): KeyFit {
  const { values } = column
  let keyBase: bigint | null = null
  if (values instanceof BigInt64Array || Array.isArray(values)) keyBase = projectBigints(column, begin, rows)
  else if (values instanceof Float64Array || values instanceof Float32Array) {
    for (let i = 0; i < rows; i++) projected[i] = projectNumber(values[begin + i]!)
  } else projected.set(values.subarray(begin, begin + rows))
  return { model: fitModelOf(projected, rows, options), prefix: NO_PREFIX, keyBase }
}

// Safe integers project to themselves; a group with any other is projected relative to its first key.
function projectBigints(column: StagedColumn, begin: number, rows: number): bigint | null {
  const { values } = column
  if (values instanceof BigInt64Array && loadSafeDoubles(values, begin, rows, projected)) return null
  const base = BigInt(stagedScalar(column, begin) as number | bigint)
  for (let i = 0; i < rows; i++) projected[i] = Number(BigInt(stagedScalar(column, begin + i) as bigint) - base)
  return base
}
