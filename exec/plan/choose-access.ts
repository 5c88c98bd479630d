// Chooses between POINT, RANGE and SCAN for one table by cost, and says why. Row estimates come from the
// learned index (rank of the upper bound minus rank of the lower) and from zone maps where the bounds are
// known at planning time; parameters and subqueries use default selectivities.
import { assert } from '../../src/base/assert.ts'
import type { TableSchema } from '../../src/base/types.ts'
import type { KeyRange, TableAccess } from '../../storage/access.ts'
import { conditionExpressions, isExact } from './column-condition.ts'
import type { ColumnCondition } from './column-condition.ts'
import { bindAccess, bindZones } from './access-path.ts'
import type { AccessPath, ConditionsOn } from './access-path.ts'
import { SELECTIVITY, filterCost } from './cost.ts'
import { indexCandidate } from './index-path.ts'
import type { IndexPath } from './index-path.ts'
import type { Expression } from './logical.ts'
import { PLANNING_VALUES, conditionText, isKnown, pointCount } from './scan-request.ts'
import type { ChosenAccess, Conjunct, ScanRequest } from './scan-request.ts'

/** Items of IN lists multiply; beyond this many keys a composite key is not looked up point by point. */
const MAX_COMBINATIONS = 1_000_000

/** A path; with `index` it goes through that index, and `path` has no meaning. */
type Candidate = ChosenAccess & { readonly index: IndexPath | null }

/** The chosen path, and the one that executions compare it with when its cost depends on their parameters. */
export type Choice = Candidate & { readonly otherwise: ChosenAccess | null }

/** The cheapest path. Cost: a few estimates of about 1 µs each. */
export function chooseAccess(request: ScanRequest): Choice {
  const { order } = request
  const byKey = typeof order === 'object' ? null : { ...chooseByKey(request), index: null }
  let best: Candidate | null = byKey
  let undecided: Candidate | null = null
  for (const index of order === 'key' ? [] : request.table.indexes()) {
    const isWanted = typeof order === 'object' && order.index === index.name
    if (typeof order === 'object' && !isWanted) continue
    const candidate = indexCandidate(request, index, isWanted)
    if (candidate === null) continue
    if (best === null || whole(candidate, request) < whole(best, request)) best = candidate
    const isUndecided = candidate.index.kind === 'range' && !candidate.index.isKnown
    if (isUndecided && (undecided === null || whole(candidate, request) < whole(undecided, request))) {
      undecided = candidate
    }
  }
  assert(best !== null, 'planner: an order is wanted of an index that is not there')
  // An index whose bounds are parameters is compared with the primary key or a scan again when they are known.
  const isOpen = byKey !== null && undecided !== null && byKey.path.kind !== 'point'
    && (best === byKey || best === undecided)
  const choice: Choice = isOpen ? { ...undecided!, otherwise: byKey } : { ...best, otherwise: null }
  if (choice.index === null || byKey === null) return choice
  const costs = [choice, byKey].map((candidate) => show(whole(candidate, request)))
  const versus = `; cost ${costs[0]} against ${costs[1]} for a ${byKey.path.kind}`
  return { ...choice, index: { ...choice.index, reason: choice.index.reason + versus } }
}

function whole(chosen: ChosenAccess, request: ScanRequest): number {
  return chosen.cost + chosen.rows * filterCost(chosen.remaining, request.costs)
}

function chooseByKey(request: ScanRequest): ChosenAccess {
  const scan = scanCandidate(request)
  const keyed = keyCandidate(request)
  if (keyed === null) return scan
  const cheaper = whole(keyed, request) <= whole(scan, request) ? keyed : scan
  const other = cheaper === keyed ? scan : keyed
  const versus = `cost ${show(whole(cheaper, request))} against ${show(whole(other, request))} for a ${other.path.kind}`
  return { ...cheaper, path: { ...cheaper.path, reason: `${cheaper.path.reason}; ${versus}` } }
}

function scanCandidate(request: ScanRequest): ChosenAccess {
  const { table, conjuncts, costs } = request
  const zones = groupByColumn(conjuncts)
  const rows = table.estimateRows()
  const known = zones.filter((zone) => zone.conditions.every(isKnown))
  const fraction = zoneFraction(known, table)
  const read = rows * fraction
  const pruned = zones.length === 0 ? 'no condition on the key' : known.length === 0
    ? 'row groups are pruned by zone maps once parameters are known'
    : `zone maps leave ${Math.round(fraction * 100)}% of ${table.groupCount()} row groups`
  const path: AccessPath = { kind: 'scan', keys: [], zones, reason: `${pruned}, ${Math.round(rows)} rows in all` }
  const cost = costs.scanStart + table.groupCount() * fraction * costs.groupStart
    + read * Math.max(1, request.columnCount) * costs.columnRow
  return { path, rows: read, cost, remaining: conjuncts.map((c) => c.expression) }
}

function keyCandidate(request: ScanRequest): ChosenAccess | null {
  const { table: { schema }, conjuncts } = request
  const keys: ConditionsOn[] = []
  const used = new Set<Conjunct>()
  let combinations = 1
  for (const ordinal of schema.key) {
    const mine = conjuncts.filter((c) => c.ordinal === ordinal && c.condition !== null)
    if (mine.length === 0) break
    const points = pointCount(mine.map((c) => c.condition!), schema, ordinal, request)
    if (points !== null && keys.length > 0 && combinations * points > MAX_COMBINATIONS) break
    keys.push({ ordinal, conditions: mine.map((c) => c.condition!) })
    for (const conjunct of mine) used.add(conjunct)
    if (points === null) {
      combinations = -combinations
      break
    }
    combinations *= points
  }
  if (keys.length === 0) return null
  const remaining = conjuncts.filter((c) => !used.has(c) || !isExact(c.condition!)).map((c) => c.expression)
  const zones = groupByColumn(conjuncts.filter((c) => !used.has(c)))
  if (combinations >= 0 && keys.length === schema.key.length) {
    return pointCandidate(request, { keys, zones: [], count: combinations, remaining })
  }
  return rangeCandidate(request, { keys, zones, count: Math.abs(combinations), remaining })
}

/** Share of row groups that conditions known by now leave to read. */
function zoneFraction(zones: readonly ConditionsOn[], table: TableAccess): number {
  const known = zones.filter((zone) => zone.conditions.every(isKnown))
  const predicates = bindZones(known, table.schema, PLANNING_VALUES)
  return predicates === null ? 0 : predicates.length === 0 ? 1 : table.estimateZones(predicates)
}

interface KeyDraft {
  readonly keys: readonly ConditionsOn[]
  readonly zones: readonly ConditionsOn[]
  /** Keys to look up, or ranges to read. */
  readonly count: number
  readonly remaining: readonly Expression[]
}

function pointCandidate(request: ScanRequest, draft: KeyDraft): ChosenAccess {
  const { table, costs } = request
  const rows = Math.min(draft.count, table.estimateRows())
  const perKey = costs.pointLookup + request.columnCount * costs.copyValue
  const text = keyText(draft.keys, table.schema)
  const reason = `${text} fixes the whole key: ${draft.count === 1 ? '1 lookup' : `${draft.count} lookups`}`
    + sampledNote(table)
  return {
    path: { kind: 'point', keys: draft.keys, zones: [], reason }, rows, cost: draft.count * perKey,
    remaining: draft.remaining,
  }
}

function rangeCandidate(request: ScanRequest, draft: KeyDraft): ChosenAccess {
  const { table, costs } = request
  const draftPath: AccessPath = { kind: 'range', keys: draft.keys, zones: draft.zones, reason: '' }
  const total = table.estimateRows()
  const ranges = knownRanges(draftPath, request)
  const peeked = ranges !== null ? null : peekedRows(draftPath, request)
  const inRange = ranges !== null ? Math.min(total, rowsOf(table, ranges))
    : peeked !== null ? Math.min(total, peeked) : guessRows(draft, table, total)
  // A large range skips row groups by the other conditions as a scan does.
  const rows = Math.min(inRange, Math.max(1, inRange * zoneFraction(draft.zones, table)))
  const count = ranges === null ? draft.count : ranges.length
  const source = ranges !== null ? 'rank by the learned index'
    : peeked !== null ? 'rank of the parameters at hand' : 'default selectivity'
  const cost = count * costs.rangeStart + rows * Math.max(1, request.columnCount) * costs.columnRow
  const reason = `${keyText(draft.keys, table.schema)} bounds the key: ${count === 1 ? '1 range' : `${count} ranges`}, `
    + `about ${Math.round(rows)} of ${Math.round(total)} rows (${source})` + sampledNote(table)
  return { path: { ...draftPath, reason }, rows, cost, remaining: draft.remaining }
}

/** Where the keys defeat the learned index, the plan says so. */
function sampledNote(table: TableAccess): string {
  const sampled = table.sampledGroups()
  return sampled === 0 ? '' : `; no line fits the keys of ${sampled} of ${table.groupCount()} row groups: sampled array`
}

/** The ranges of a path whose bounds are all constants; null when they are not known yet. */
function knownRanges(path: AccessPath, request: ScanRequest): readonly KeyRange[] | null {
  if (!path.keys.every((key) => key.conditions.every(isKnown))) return null
  const bound = bindAccess({ ...path, zones: [] }, request.table.schema, PLANNING_VALUES)
  return bound.kind === 'ranges' ? bound.ranges : []
}

function rowsOf(table: TableAccess, ranges: readonly KeyRange[]): number {
  return ranges.reduce((sum, range) => sum + table.estimateRange(range), 0)
}

function peekedRows(path: AccessPath, { peek, name, table: { schema } }: ScanRequest): number | null {
  if (peek === null) return null
  const bounds = path.keys.flatMap(({ conditions }) => conditions.flatMap(conditionExpressions))
  return peek.rows(name, bounds, (table, values) => {
    const bound = bindAccess({ ...path, zones: [] }, schema, values)
    return bound.kind === 'ranges' ? rowsOf(table, bound.ranges) : bound.kind === 'points' ? bound.keys.length : 0
  })
}

function guessRows(draft: KeyDraft, table: TableAccess, total: number): number {
  const keyColumns = table.schema.key.length
  const open = draft.keys[draft.keys.length - 1]!.conditions
  const isInterval = open.every((c) => c.kind !== 'in' && c.kind !== 'in subquery'
    && !(c.kind === 'compare' && c.op === 'eq'))
  const fixed = draft.keys.length - (isInterval ? 1 : 0)
  const perPrefix = Math.max(1, total ** (1 - fixed / keyColumns))
  const narrowing = !isInterval ? 1 : open.length > 1 ? SELECTIVITY.between : SELECTIVITY.range
  return Math.min(total, Math.max(1, draft.count * perPrefix * narrowing))
}

function groupByColumn(conjuncts: readonly Conjunct[]): ConditionsOn[] {
  const groups = new Map<number, ColumnCondition[]>()
  for (const { condition, ordinal } of conjuncts) {
    // A subquery's values are no zone predicate: it may have very many, and a semi-join checks them anyway.
    if (condition === null || condition.kind === 'in subquery') continue
    const group = groups.get(ordinal)
    if (group === undefined) groups.set(ordinal, [condition])
    else group.push(condition)
  }
  return [...groups].map(([ordinal, conditions]) => ({ ordinal, conditions }))
}

function keyText(keys: readonly ConditionsOn[], schema: TableSchema): string {
  return keys.flatMap(({ ordinal, conditions }) =>
    conditions.map((c) => conditionText(c, schema.columns[ordinal]!.name))).join(' AND ')
}

function show(cost: number): string {
  return cost >= 100 ? String(Math.round(cost)) : cost.toFixed(1)
}

