// Integrity check: walks what is stored and what is derived from it, and reports violations by the number of the
// invariant they break (storage/README.md). Changes nothing.
//
//   quick   every page's checksum, blocks and free space = file, page owners, heap pages, row-group metas, the log
//   full    also every row: key order, key models, zone maps, deletion vectors, counts
import { compareScalars } from '../src/base/scalar-compare.ts'
import { DatabaseError } from '../src/base/errors.ts'
import type { Scalar, SqlType } from '../src/base/types.ts'
import type { Engine } from './engine.ts'
import { PAGE_KIND } from './page/page-store.ts'
import { UNCOMMITTED } from './row-group/deletion-vector.ts'
import { decodeGroup } from './row-group/group-decoder.ts'
import { LongValue } from './row-group/long-value.ts'
import type { RowGroup } from './row-group/row-group.ts'
import { stagedScalar } from './row-group/staged-column.ts'
import type { SealedRun } from './table/sealed-run.ts'
import type { TableStore } from './table/table-store.ts'
import { verifyHeap, verifyLog } from './verify-files.ts'
import { verifyIndex } from './verify-indexes.ts'

/** One violation. */
export interface Problem {
  message: string
  /** Number of the broken rule, where the problem is one of a rule: 'F3'. */
  rule?: string
  /** The database file unless said otherwise. */
  file?: string
  table?: string
  page?: number
  offset?: number
}

/** What a check covered and found. */
export interface VerifyResult {
  problems: Problem[]
  pages: number
  bytes: number
  tables: number
  rows: number
  /** Records of committed transactions in the log that were read. */
  records: number
}

/** What to check. */
export interface VerifyOptions {
  /** Default true; false leaves the rows out. */
  readonly full?: boolean
  /** Called with the share done, 0 to 1, and the rows seen. */
  readonly onProgress?: (share: number, rows: number) => void
}

/** Checks files, pages, tables, key models, zone maps, deletion vectors and the heap. */
export function verifyEngine(engine: Engine, options: VerifyOptions = {}): VerifyResult {
  const { full = true, onProgress = () => {} } = options
  // Groups that a merge has written but not published would belong to nobody.
  engine.jobs.abandon(null)
  const problems: Problem[] = []
  const totals = engine.pages.verify((problem) => problems.push(problem))
  const tables = engine.catalog.tables()
  const groups = tables.reduce((sum, table) => sum + table.root.allGroups().length, 0)
  let [rows, done, seen] = [0, 0, 0]
  for (const table of tables) {
    for (const group of table.root.allGroups()) {
      onProgress(++done / (groups + 1), seen += group.rows)
      guarded(problems, table, group.firstPage, () => {
        if (full) verifyGroup(table, group, problems)
        else table.metaOf(group)
      })
    }
    for (const run of full ? table.root.runs : []) {
      guarded(problems, table, undefined, () => verifyRun(table, run, problems))
    }
    if (full) guarded(problems, table, undefined, () => verifyDelta(table, problems))
    if (table.schema.index === undefined) rows += table.liveRows
    else if (full) {
      guarded(problems, table, undefined, () => verifyIndex(engine, table, (message) =>
        problems.push({ message, table: table.schema.name })))
    }
  }
  verifyPageOwners(engine, problems)
  verifyHeap(engine, problems)
  const records = verifyLog(engine, problems)
  for (const problem of problems) {
    const rule = /^violates (\w+):/.exec(problem.message)?.[1]
    if (rule !== undefined) problem.rule = rule
  }
  const { length } = engine.catalog.userTables()
  return { problems, pages: totals.pages, bytes: totals.bytes, tables: length, rows, records }
}

function guarded(problems: Problem[], table: TableStore, page: number | undefined, check: () => void): void {
  try {
    check()
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    problems.push({ message: error.message, table: table.schema.name, page: error.page ?? page, offset: error.offset })
  }
}

function verifyGroup(table: TableStore, group: RowGroup, problems: Problem[]): void {
  const { order, schema, search } = table
  const fail = (message: string): void => {
    const page = group.firstPage
    problems.push({ message: `${message} (row group at page ${page})`, table: schema.name, page })
  }
  const meta = table.metaOf(group)
  const columns = decodeGroup(table.services.reader, group, meta, schema)
  let last = null
  for (let row = 0; row < group.rows; row++) {
    const key = order.fromValues(order.columns.map((c) => stagedScalar(columns[c]!, row)))
    if (last !== null && order.compare(last, key) >= 0) {
      return fail(`violates G1: keys of rows ${row - 1} and ${row} are not ascending`)
    }
    if (search.find(group, meta, key) !== row) return fail(`violates L2: the key model misses row ${row}`)
    if (row === 0 && order.compare(key, group.firstKey) !== 0) return fail('violates G1: first key differs')
    last = key
  }
  if (last === null || order.compare(last, group.lastKey) !== 0) fail('violates G1: last key differs')
  for (let c = 0; c < columns.length; c++) {
    const { min, max, nullCount } = meta.chunks[c]!
    const { type, name } = schema.columns[c]!
    let nulls = 0
    for (let row = 0; row < group.rows; row++) {
      // Long values are left where they are: their zone map says nothing.
      if (columns[c]!.values[row] instanceof LongValue) continue
      const value = stagedScalar(columns[c]!, row)
      if (value === null) nulls++
      else if (isOutside(type, value, min, max)) {
        return fail(`violates Z1: zone map of column "${name}" excludes row ${row}`)
      }
    }
    if (nulls !== nullCount) fail(`violates Z1: column "${name}" has ${nulls} NULLs, not ${nullCount}`)
  }
}

// R1 seen from the run: each of its live rows is the one row of its key, and B1: its filter lets the key pass.
function verifyRun(table: TableStore, run: SealedRun, problems: Problem[]): void {
  const fail = (message: string): void => {
    problems.push({ message: `${message} (sealed run ${run.number})`, table: table.schema.name })
  }
  for (const group of run.groups) {
    const meta = table.metaOf(group)
    for (let row = group.dead.nextUnsealed(0, group.rows); row < group.rows;) {
      const key = table.search.keyAt(group, meta, row)
      if (!run.filter.bloom.mayContain(key)) fail(`violates B1: the filter stops key ${String(key)}`)
      const place = table.locate(table.root, key)
      if (place === null || place.group !== group || place.row !== row) {
        fail(`violates R1: key ${String(key)} has another live row`)
      }
      row = group.dead.nextUnsealed(row + 1, group.rows)
    }
  }
}

function isOutside(type: SqlType, value: Scalar, min: Scalar, max: Scalar): boolean {
  if (min === null || max === null) return false
  return compareScalars(type, value, min) < 0 || compareScalars(type, value, max) > 0
}

function verifyDelta(table: TableStore, problems: Problem[]): void {
  const { delta } = table
  const { versions } = delta
  const fail = (message: string): void => {
    problems.push({ message, table: table.schema.name })
  }
  let live = table.root.rows
  for (const group of table.root.allGroups()) live -= group.dead.count
  for (let entry = 0; entry < delta.entryCount; entry++) {
    const key = delta.keyOf(entry)
    const place = table.locate(table.root, key)
    if ((place?.row ?? -1) !== delta.baseRow[entry] || (place?.group ?? null) !== delta.baseGroup[entry]) {
      fail(`violates D3: base position of key ${String(key)} is out of date`)
    }
    let head = delta.headOf(entry)
    while (head >= 0 && versions.begin(head) >= UNCOMMITTED) head = versions.older(head)
    if (head < 0 || versions.merged(head) !== 0) continue
    if (place !== null && !place.group.dead.isDead(place.row, versions.begin(head), 0)) {
      fail(`violates S3: row ${place.row} with key ${String(key)} is not marked as superseded`)
    }
    if (!versions.isTombstone(head)) {
      live++
      if (table.order.compare(table.order.fromRow(table.rowOf(head)), key) !== 0) {
        fail(`violates D4: delta row of key ${String(key)} has another key`)
      }
    }
  }
  if (live !== table.liveRows && table.uncommittedWrites === 0) {
    fail(`violates S5: table counts ${table.liveRows} rows but has ${live}`)
  }
}

// Every stored base page belongs to exactly one row group of a current root or of one kept for a snapshot.
function verifyPageOwners(engine: Engine, problems: Problem[]): void {
  const owners = new Map<number, string>()
  const claim = (first: number, count: number, name: string): void => {
    for (let page = first; page < first + count; page++) {
      const other = owners.get(page)
      if (other !== undefined) {
        problems.push({ message: `violates G3: page ${page} belongs to ${other} and to ${name}`, page })
      }
      owners.set(page, name)
    }
  }
  // By id: clones of a group share its pages.
  const claimed = new Set<number>()
  const claimGroup = (group: RowGroup, name: string): void => {
    if (claimed.has(group.id)) return
    claimed.add(group.id)
    claim(group.firstPage, group.pageCount, name)
  }
  for (const table of engine.catalog.tables()) {
    for (const root of table.roots) {
      for (const group of root.allGroups()) claimGroup(group, `table ${table.schema.name}`)
    }
  }
  for (const { groups } of engine.retired) for (const group of groups) claimGroup(group, 'a replaced root')
  for (const group of engine.dropped) claimGroup(group, 'a dropped table')
  for (const { firstPage, pageCount } of engine.unpublished) claim(firstPage, pageCount, 'a stream')
  // A crash, or a checkpoint while an old snapshot was open, leaves base pages that no root names any more. Opening for
  // writing has freed them; a reader has not, and nothing is wrong with them.
  if (engine.isReadOnly) return
  for (const page of engine.pages.pagesOfKind(PAGE_KIND.BASE)) {
    if (!owners.has(page)) problems.push({ message: `violates G3: base page ${page} belongs to no row group`, page })
  }
}
