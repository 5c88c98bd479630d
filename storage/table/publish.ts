// New roots: how the result of a merge, of sealing delta rows, or of merging runs becomes what everybody reads from
// here on. All of it happens at once for readers; an error on the way poisons the engine, because what is in
// memory is then of no use any more, while the log and the last checkpoint are whole.
//
// R1  A key has at most one row over base and runs that is not sealed as dead.
// R2  What leaves the delta leaves a durable mark: the older copy of a sealed row is sealed as dead in the same step.
// R4  A version that was overtaken while its row was being written is born dead: its row is sealed at once, and the
//     newer version keeps its place in the delta.
// R5  A group whose rows move elsewhere is cloned for the new root; older roots go on reading the original.
import { UNCOMMITTED } from '../row-group/deletion-vector.ts'
import type { RowGroup } from '../row-group/row-group.ts'
import { sealableVersion } from './change-feed.ts'
import type { MergeResult, MovedVersions } from './merge.ts'
import type { RowSpan } from './run-rows.ts'
import { SealedRun } from './sealed-run.ts'
import type { RunFilter } from './sealed-run.ts'
import { TableRoot } from './table-root.ts'
import type { TableStore } from './table-store.ts'

/** What publishing needs of the engine. */
export interface Publisher {
  /** Number of a new root. */
  nextRoot(): number
  /** Root number of the oldest open snapshot, or of the newest root. */
  oldestRoot(): number
  /** Commit of the oldest open snapshot, or the newest commit. */
  oldestCommit(): number
  /** Groups, and filters of runs, that no root from `rootNumber` on has. */
  retire(rootNumber: number, groups: readonly RowGroup[], filters: readonly RunFilter[]): void
  /** Frees the tuple of a version that left the delta, keeping its row in memory when `keepRow`. */
  leaveHeap(table: TableStore, version: number, keepRow: boolean): void
}

/** Entries of a delta whose rows may lie in certain groups: those listed, and all from `end` on. */
export interface Followers {
  readonly entries: readonly number[]
  readonly end: number
}

/** Entries looked at in one step. */
const STEP_ENTRIES = 16_384
const ALL_ENTRIES: Followers = { entries: [], end: 0 }

/**
 * Looks for the entries whose rows are in these groups, in steps, before the groups are replaced or cloned: the
 * publishing step then need not look at the whole delta. Holds as long as only the caller moves entries.
 */
export function* findFollowers(table: TableStore, groups: ReadonlySet<RowGroup>): Generator<void, Followers> {
  const { delta } = table
  const entries: number[] = []
  const end = delta.entryCount
  for (let entry = 0; entry < end; entry++) {
    const group = delta.baseGroup[entry]!
    if (group !== null && groups.has(group)) entries.push(entry)
    if (entry % STEP_ENTRIES === STEP_ENTRIES - 1) yield
  }
  // Publishing is a step of its own.
  yield
  return { entries, end }
}

/** Replaces a table's base by the result of a merge. Without `followers` it looks at every entry of the delta. */
export function publishMerge(
  to: Publisher, table: TableStore, result: MergeResult, followers: Followers = ALL_ENTRIES,
): void {
  const { root } = table
  const rootNumber = to.nextRoot()
  const { runs, groups, filters } = withoutSpans(table, root.runs, result.taken)
  for (const group of result.replaced) group.isReplaced = true
  table.addRoot(new TableRoot(rootNumber, result.groups, table.order, runs))
  to.retire(rootNumber, [...result.replaced, ...groups], filters)
  const keepRow = to.oldestRoot() < rootNumber
  const { entries, versions, placed, rows } = result.moved
  const { delta } = table
  let p = 0
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i]!
    while (p < placed.length && placed[p]!.end <= i) p++
    const group = rows[i]! < 0 ? null : placed[p]!.group
    const isCurrent = sealableVersion(table, entry) === versions[i]
    delta.baseGroup[entry] = isCurrent ? group : null
    delta.baseRow[entry] = isCurrent ? rows[i]! : -1
    if (isCurrent) leaveDelta(to, table, entry, versions[i]!, rootNumber, keepRow)
    else if (group !== null) {
      group.dead.seal(rows[i]!, Infinity)
      table.root.isLayered = true
    }
  }
  followEntries(table, result.bringsKeys, followers)
  delta.changes++
}

/** Rows of the delta, and tombstones, that a new group of a run holds. */
export interface SealedPart {
  /** null when there are only tombstones. */
  readonly group: RowGroup | null
  readonly moved: MovedVersions
}

/**
 * Adds a group of sealed rows to run `number` (a new one, or the newest, which it continues). The filter has their
 * keys already (B1): keys it has too many of cost a look, no more.
 */
export function publishSealed(
  to: Publisher, table: TableStore, number: number, filter: RunFilter, part: SealedPart,
): void {
  const { root, delta } = table
  const rootNumber = to.nextRoot()
  const { entries, versions, rows } = part.moved
  table.addRoot(new TableRoot(rootNumber, root.base, table.order, grownRuns(table, number, filter, part.group)))
  const keepRow = to.oldestRoot() < rootNumber
  const oldest = to.oldestCommit()
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i]!
    const group = rows[i]! >= 0 ? part.group : null
    if (sealableVersion(table, entry) !== versions[i]) {
      group?.dead.seal(rows[i]!, Infinity)
      continue
    }
    const old = delta.baseGroup[entry]!
    if (old !== null) {
      old.dead.seal(delta.baseRow[entry]!, oldest)
      if (old.dead.unsettledCount > 0) table.unsettled.add(old)
    }
    delta.baseGroup[entry] = group
    delta.baseRow[entry] = rows[i]!
    leaveDelta(to, table, entry, versions[i]!, rootNumber, keepRow)
  }
  table.root.isLayered = true
  delta.changes++
}

function grownRuns(table: TableStore, number: number, filter: RunFilter, group: RowGroup | null): readonly SealedRun[] {
  const { runs } = table.root
  if (group === null) return runs
  const newest = runs[runs.length - 1]
  if (newest === undefined || newest.number !== number) {
    return [...runs, new SealedRun(number, [group], table.order, filter)]
  }
  return [...runs.slice(0, -1), new SealedRun(number, [...newest.groups, group], table.order, filter)]
}

/** Puts rows of several runs into one: `group` continues run `number`, the spans they came from are sealed. */
export function publishRunMerge(
  to: Publisher, table: TableStore, number: number, filter: RunFilter, group: RowGroup | null,
  taken: readonly RowSpan[], followers: Followers,
): void {
  const { root } = table
  const rootNumber = to.nextRoot()
  const target = root.runs.find((run) => run.number === number)
  const { runs, groups, filters } = withoutSpans(table, root.runs.filter((run) => run !== target), taken)
  const grown = group === null ? target
    : new SealedRun(number, [...target?.groups ?? [], group], table.order, filter)
  const all = grown === undefined ? runs : [...runs, grown].sort((a, b) => a.number - b.number)
  table.addRoot(new TableRoot(rootNumber, root.base, table.order, all))
  to.retire(rootNumber, groups, filters)
  followEntries(table, false, followers)
  table.delta.changes++
}

// The version is in the root now. What is not committed yet supersedes it there.
function leaveDelta(
  to: Publisher, table: TableStore, entry: number, version: number, rootNumber: number, keepRow: boolean,
): void {
  const { delta } = table
  delta.versions.setMerged(version, rootNumber)
  delta.superseded.push(version)
  if (delta.versions.page(version) >= 0) to.leaveHeap(table, version, keepRow)
  const head = delta.headOf(entry)
  if (head !== version) delta.baseGroup[entry]?.dead.add(delta.baseRow[entry]!, delta.versions.begin(head))
}

// Runs with the spans sealed: touched groups are cloned (R5), groups without a live row and empty runs go.
function withoutSpans(
  table: TableStore, runs: readonly SealedRun[], taken: readonly RowSpan[],
): { runs: SealedRun[]; groups: RowGroup[]; filters: RunFilter[] } {
  const gone: RowGroup[] = []
  const filters: RunFilter[] = []
  if (taken.length === 0) return { runs: [...runs], groups: gone, filters }
  const clones = new Map<RowGroup, RowGroup>()
  for (const { group, begin, end } of taken) {
    let clone = clones.get(group)
    if (clone === undefined) clones.set(group, clone = group.clone())
    clone.dead.sealSpan(begin, end)
  }
  const left: SealedRun[] = []
  for (const run of runs) {
    if (!run.groups.some((group) => clones.has(group))) {
      left.push(run)
      continue
    }
    const groups: RowGroup[] = []
    for (const group of run.groups) {
      const clone = clones.get(group) ?? group
      if (clone.dead.sealedCount < clone.rows) groups.push(clone)
      else gone.push(clone)
      if (table.unsettled.delete(group) && clone.dead.unsettledCount > 0) table.unsettled.add(clone)
      if (clone !== group && group.dead.unsettledCount > 0) table.unsettled.add(group)
    }
    if (groups.length > 0) left.push(new SealedRun(run.number, groups, table.order, run.filter))
    else filters.push(run.filter)
  }
  return { runs: left, groups: gone, filters }
}

// Entries whose rows were in replaced groups, in taken spans or in cloned groups point into the newest root again
// (D3), and what they have in the delta supersedes their rows there.
function followEntries(table: TableStore, bringsKeys: boolean, followers: Followers): void {
  const { entryCount } = table.delta
  const isPart = !bringsKeys && followers.end <= entryCount
  if (isPart) for (const entry of followers.entries) follow(table, entry, false)
  for (let entry = isPart ? followers.end : 0; entry < entryCount; entry++) follow(table, entry, bringsKeys)
}

function follow(table: TableStore, entry: number, bringsKeys: boolean): void {
  const { delta } = table
  const group = delta.baseGroup[entry]!
  if (group === null) {
    // A rolled-back write or a merged tombstone leaves an entry behind, and a bulk append may bring its key.
    if (bringsKeys && sealableVersion(table, entry) < 0) relocate(table, entry)
  } else if (group.isReplaced) relocate(table, entry)
  else if (group.successor !== null) {
    if (group.successor.dead.isSealed(delta.baseRow[entry]!)) relocate(table, entry)
    else delta.baseGroup[entry] = group.successor
  }
}

function relocate(table: TableStore, entry: number): void {
  const { delta } = table
  const { versions } = delta
  const place = table.locate(table.root, delta.keyOf(entry))
  delta.baseGroup[entry] = place?.group ?? null
  delta.baseRow[entry] = place?.row ?? -1
  if (place === null) return
  const newest = sealableVersion(table, entry)
  const head = delta.headOf(entry)
  if (newest >= 0) place.group.dead.add(place.row, versions.begin(newest))
  else if (head >= 0 && versions.begin(head) >= UNCOMMITTED) place.group.dead.add(place.row, versions.begin(head))
}
