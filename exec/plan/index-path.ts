// Paths through a secondary index: an interval of its entries, bounded by conditions on a prefix of its columns
// (equalities, then one interval; IS NULL counts as an equality), or all of them for their order. From an entry
// the row is looked up by its primary key, unless the entry has every column that is read (a covered query).
//
//   WHERE a = 1 AND b > 5 on (a, b, c)      entries [(1, 5) .. (1, NULL)), both ends left out
//
// NULLs stand last among the values of a column, so an open upper end stops before them: conditions are never true
// for NULL.
import type { Scalar, TableSchema } from '../../src/base/types.ts'
import { physicalOf } from '../../src/base/types.ts'
import type { IndexAccess, KeyRange } from '../../storage/access.ts'
import { conditionExpressions, isExact, valuesOf } from './column-condition.ts'
import type { ColumnCondition, ConditionValues } from './column-condition.ts'
import { SELECTIVITY } from './cost.ts'
import { isPointSet } from './interval-set.ts'
import type { Interval } from './interval-set.ts'
import { PLANNING_VALUES, conditionText, isKnown, pointCount } from './scan-request.ts'
import type { ChosenAccess, Conjunct, ScanRequest } from './scan-request.ts'

/** What is asked of one column of the index. */
export interface IndexKey {
  /** Ordinal of the table's column. */
  readonly ordinal: number
  readonly conditions: readonly ColumnCondition[]
  readonly isNull: boolean
}

/** A way to rows through an index; bounds are computed when it is executed. */
export interface IndexPath {
  readonly index: string
  readonly kind: 'point' | 'range' | 'scan'
  readonly keys: readonly IndexKey[]
  /** The entries have all columns that are read. */
  readonly isCovered: boolean
  /** `learned`, `btree` or `sorted`, as EXPLAIN shows it. */
  readonly indexKind: string
  /** Its bounds are constants: the estimate is about them. */
  readonly isKnown: boolean
  /** Microseconds per entry: the look-up of the row and its columns. */
  readonly rowCost: number
  readonly reason: string
}

/** Ranges multiply with IN lists; beyond this many an index is no help. */
const MAX_RANGES = 100_000

/** The path of a scan through one index, or null when no condition bounds it and its order is not wanted. */
export function indexCandidate(
  request: ScanRequest, index: IndexAccess, wantsOrder: boolean,
): (ChosenAccess & { readonly index: IndexPath }) | null {
  const { table: { schema } } = request
  const keys: IndexKey[] = []
  const used = new Set<Conjunct>()
  let ranges = 1
  let fixed = 0
  for (const ordinal of index.definition.columns) {
    const key = keyOn(request, ordinal, used)
    if (key === null) break
    const points = key.isNull ? 1 : pointCountOf(key, request)
    if (points !== null && ranges * points > MAX_RANGES) break
    keys.push(key)
    for (const conjunct of request.conjuncts) if (belongsTo(conjunct, key)) used.add(conjunct)
    if (points === null) break
    ranges *= points
    fixed++
  }
  if (keys.length === 0 && !wantsOrder) return null
  const remaining = request.conjuncts.filter((c) => !used.has(c) || (c.condition !== null && !isExact(c.condition)))
    .map((c) => c.expression)
  const isCovered = request.columns.every((c) => index.places[c]! >= 0)
  const { unique, columns } = index.definition
  const isPoint = unique && fixed === columns.length && keys.every((key) => !key.isNull)
  const kind = isPoint ? 'point' as const : keys.length === 0 ? 'scan' as const : 'range' as const
  const { costs } = request
  const rowCost = isCovered ? request.columnCount * costs.columnRow
    : costs.pointLookup * LOOKUP_FACTOR + request.columnCount * costs.copyValue
  const draft: IndexPath = {
    index: index.name, kind, keys, isCovered, indexKind: index.definition.kind,
    isKnown: keys.every((key) => key.conditions.every(isKnown)), rowCost, reason: '',
  }
  const { rows, source } = estimateRows(request, index, draft, { ranges, fixed })
  const cost = ranges * costs.rangeStart + rows * rowCost
  const reason = `index ${index.name} (${draft.indexKind}) on ${keyText(draft, schema)}: about ${Math.round(rows)} of `
    + `${Math.round(request.table.estimateRows())} rows (${source})`
    + (isCovered ? ', all columns are in the index' : ', each looked up by primary key')
  const path = { kind: 'scan' as const, keys: [], zones: [], reason }
  return { path, index: { ...draft, reason }, rows, cost, remaining }
}

/** A look-up by primary key from an entry costs this much more than one from a literal: the key is read first. */
const LOOKUP_FACTOR = 2

function belongsTo(conjunct: Conjunct, key: IndexKey): boolean {
  if (key.isNull) return conjunct.nullTest === 'is_null' && conjunct.ordinal === key.ordinal
  return conjunct.ordinal === key.ordinal && (conjunct.nullTest === 'is_not_null' || isUsable(conjunct))
}

// A subquery's values come in any number; a semi-join does better.
function isUsable({ condition }: Conjunct): boolean {
  return condition !== null && condition.kind !== 'in subquery'
}

function keyOn(request: ScanRequest, ordinal: number, used: ReadonlySet<Conjunct>): IndexKey | null {
  const mine = request.conjuncts.filter((c) => c.ordinal === ordinal && !used.has(c))
  if (mine.some((c) => c.nullTest === 'is_null')) return { ordinal, conditions: [], isNull: true }
  const usable = mine.filter((c) => isUsable(c) || c.nullTest === 'is_not_null')
  if (usable.length === 0) return null
  return { ordinal, conditions: usable.flatMap((c) => c.condition ?? []), isNull: false }
}

function pointCountOf(key: IndexKey, request: ScanRequest): number | null {
  if (key.conditions.length === 0) return null
  return pointCount(key.conditions, request.table.schema, key.ordinal, request)
}

function estimateRows(
  request: ScanRequest, index: IndexAccess, path: IndexPath, shape: { ranges: number; fixed: number },
): { rows: number; source: string } {
  const total = request.table.estimateRows()
  if (path.kind === 'point') return { rows: Math.min(total, shape.ranges), source: 'unique' }
  if (path.isKnown) {
    const ranges = bindIndexPath(path, request.table.schema, PLANNING_VALUES)
    const rows = ranges.reduce((sum, range) => sum + index.entries.estimateRange(range), 0)
    return { rows: Math.min(total, rows), source: 'rank by the index' }
  }
  const peeked = peekedRows(request, index, path)
  if (peeked !== null) return { rows: Math.min(total, peeked), source: 'rank of the parameters at hand' }
  const typical = shape.fixed === 0 ? total : index.typicalMatches(shape.fixed)
  const last = path.keys[path.keys.length - 1]!
  const narrowing = path.keys.length === shape.fixed ? 1
    : last.conditions.length > 1 ? SELECTIVITY.between : SELECTIVITY.range
  return { rows: Math.max(1, Math.min(total, shape.ranges * typical * narrowing)), source: 'typical duplicates' }
}

function peekedRows(request: ScanRequest, { name }: IndexAccess, path: IndexPath): number | null {
  const { peek, table: { schema } } = request
  return peek === null ? null : peek.rows(request.name, indexExpressions(path), (table, values) => {
    const index = table.indexes().find((known) => known.name === name)
    const ranges = index === undefined ? [] : bindIndexPath(path, schema, values)
    return ranges.reduce((sum, range) => sum + index!.entries.estimateRange(range), 0)
  })
}

function keyText(path: IndexPath, schema: TableSchema): string {
  if (path.keys.length === 0) return 'its order'
  return path.keys.map(({ ordinal, conditions, isNull }) => {
    const { name } = schema.columns[ordinal]!
    if (isNull) return `${name} IS NULL`
    return conditions.length === 0 ? `${name} IS NOT NULL` : conditions.map((c) => conditionText(c, name)).join(' AND ')
  }).join(' AND ')
}

/** Every expression that the path's bounds evaluate. */
export function indexExpressions(path: IndexPath): ReturnType<typeof conditionExpressions> {
  return path.keys.flatMap((key) => key.conditions.flatMap(conditionExpressions))
}

/** The intervals of entries, in their order. Cost: microseconds, plus n log n for IN lists. */
export function bindIndexPath(path: IndexPath, schema: TableSchema, values: ConditionValues): KeyRange[] {
  let prefixes: Scalar[][] = [[]]
  for (const key of path.keys) {
    if (key.isNull) {
      prefixes = prefixes.map((prefix) => [...prefix, null])
      continue
    }
    const { type, nullable } = schema.columns[key.ordinal]!
    const set = valuesOf(key.conditions, type, values)
    const stored = (value: Scalar): Scalar => physicalOf(type) === 'wide' && typeof value === 'number'
      ? BigInt(value) : value
    if (!isPointSet(type, set)) {
      return prefixes.flatMap((prefix) => set.map((interval) => intervalRange(prefix, interval, nullable, stored)))
    }
    prefixes = prefixes.flatMap((prefix) => set.map((interval) => [...prefix, stored(interval.lower)]))
  }
  return prefixes.map((prefix) => {
    const bound = prefix.length === 0 ? null : prefix
    return { lower: bound, lowerInclusive: true, upper: bound, upperInclusive: true, nullsAreValues: true }
  })
}

function intervalRange(
  prefix: readonly Scalar[], interval: Interval, nullable: boolean, stored: (value: Scalar) => Scalar,
): KeyRange {
  const { lower, upper } = interval
  const open = prefix.length > 0 ? prefix : null
  const isOpen = upper === null
  return {
    lower: lower === null ? open : [...prefix, stored(lower)],
    lowerInclusive: lower === null || interval.lowerInclusive,
    upper: !isOpen ? [...prefix, stored(upper)] : nullable ? [...prefix, null] : open,
    upperInclusive: isOpen ? !nullable : interval.upperInclusive, nullsAreValues: true,
  }
}
