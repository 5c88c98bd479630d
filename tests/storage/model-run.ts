// Random work on one table of an engine and on the model beside it, checking after every operation that the two
// agree: by key, by range, by scan, for every open session and for the point reader outside of transactions.
import { expect } from 'vitest'
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { ErrorCode } from '../../src/base/errors.ts'
import type { Random } from '../../src/base/random.ts'
import { COMPRESSIONS } from '../../src/base/types.ts'
import type { Row, Scalar } from '../../src/base/types.ts'
import { MemoryFileSystem } from '../../storage/file/memory-file.ts'
import { mergeTable } from '../../storage/merging.ts'
import { ColumnStage, PointReader, appendColumns, openEngine } from '../../storage/mod.ts'
import type { Engine, EngineOptions, OnConflict, ZonePredicate } from '../../storage/mod.ts'
import { verifyEngine } from '../../storage/verify.ts'
import { canonical, compareValues, randomValue } from './key-kinds.ts'
import type { KeyKind } from './key-kinds.ts'
import { changeIndexes, checkIndexes } from './model-indexes.ts'
import { rowText, scanRows } from './rows.ts'
import { Committed, Session, keyText, rowsBetween } from './sessions.ts'
import type { Bound, Rows } from './sessions.ts'

const TINY: Partial<EngineOptions> = {
  memoryBytes: 8 << 20, rowGroupRows: 64, deltaRows: 16, bulkRows: 12, poolFrames: 8, walSegmentBytes: 64 * 1024,
  runsMax: 3,
}
const PATH = 'm.sdb'
const MODES: readonly OnConflict[] = ['error', 'skip', 'replace']

/** One table under random work. */
export class ModelRun {
  private readonly kind: KeyKind
  private readonly random: Random
  private readonly files = new MemoryFileSystem()
  private engine!: Engine
  private readonly committed = new Committed()
  private sessions: Session[] = []
  private nextRowId = 1
  /** What happened, for messages and for the test's own check that everything did. */
  readonly counts: Record<string, number> = {}
  private readonly trace: string[] = []

  constructor(kind: KeyKind, random: Random) {
    this.kind = kind
    this.random = random
  }

  async start(): Promise<void> {
    await this.open()
    const txn = this.engine.begin()
    txn.createTable(this.kind.schema)
    txn.commit()
  }

  private async open(): Promise<void> {
    const compression = this.random.pick([null, ...COMPRESSIONS])
    // A large share keeps groups from being rewritten, so that runs pile up and are merged with one another.
    this.engine = await openEngine(PATH, {
      ...TINY, files: this.files, mergeEveryCommit: this.random.chance(0.4),
      compression, stepCount: this.random.pick([0, 1, 4]),
      mergeShare: this.random.pick([0.25, 1, 50]),
    })
  }

  private note(what: string, detail = ''): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1
    this.trace.push(`${what} ${detail}`.slice(0, 200))
  }

  /** The last operations, for a failure's message. */
  get history(): string {
    return this.trace.slice(-40).join('\n')
  }

  private keyOf = (row: Row): Scalar[] => this.kind.schema.key.map((c) => row[c]!)

  // A key that exists more often than not.
  private someKey(rows: Rows): Scalar[] {
    const { random, kind } = this
    if (rows.size > 0 && random.chance(0.6)) return this.keyOf([...rows.values()][random.below(rows.size)]!)
    return kind.randomKey === null ? [random.between(0, this.nextRowId - 1)] : kind.randomKey(random)
  }

  private someRow(key: readonly Scalar[]): Row {
    const { columns, key: keyColumns } = this.kind.schema
    const row = columns.map((column) => (column.hidden ? null : randomValue(this.random, column.type)))
    keyColumns.forEach((c, i) => (row[c] = key[i]!))
    return row
  }

  /** One random operation, then checks. */
  async step(): Promise<void> {
    const { random } = this
    const roll = random.below(100)
    if (this.sessions.length === 0 || (roll < 8 && this.sessions.length < 4)) this.begin()
    else if (roll < 66) this.write(random.pick(this.sessions))
    else if (roll < 78) await this.end(random.pick(this.sessions))
    else if (roll < 83) this.savepoint(random.pick(this.sessions))
    else if (roll < 89) this.append(random.chance(0.3) ? random.pick(this.sessions) : null)
    else if (roll < 95) this.merge()
    else if (roll < 96) this.engine.checkpoint()
    else if (roll < 98) this.changeIndexes()
    else if (roll === 98) await this.reopen()
    else this.scanAll()
    this.checkSome()
  }

  private begin(): void {
    const level = this.random.chance(0.6) ? 'repeatable read' : 'read committed'
    this.sessions.push(new Session(this.engine.begin(level), level, this.committed))
    this.note('begin', level)
  }

  // Runs a write that must raise `expected`; null = none, 'maybe' = 40001 or none. False when it raised.
  private attempt(expected: ErrorCode | 'maybe' | null, action: () => void): boolean {
    let code: string | null = null
    try {
      action()
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error
      code = error.code
    }
    if (expected !== 'maybe') expect(code).toBe(expected)
    else if (code !== null) expect(code).toBe(CODE.SERIALIZATION)
    return code === null
  }

  private write(session: Session): void {
    const { random } = this
    const what = random.pick(['insert', 'put', 'put', 'update', 'update', 'move', 'delete'] as const)
    if (this.kind.randomKey === null && what === 'insert') return this.insertHidden(session)
    const present = session.present()
    const key = this.someKey(present)
    const name = keyText(key)
    const conflict = session.conflict(name, this.sessions)
    const exists = present.has(name)
    this.note(what, `${name} session ${this.sessions.indexOf(session)} ${session.level}`)
    if (what === 'move') return this.move(session, key)
    const { txn } = session
    const row = this.someRow(key)
    let wrote = true
    if (what === 'insert') {
      wrote = this.attempt(conflict ?? (exists ? CODE.UNIQUE : null), () => txn.insert('t', row))
    } else if (what === 'put') {
      const result = (): void => void expect(txn.put('t', row)).toBe(exists ? 'updated' : 'inserted')
      wrote = this.attempt(conflict, result)
    } else if (what === 'update') {
      wrote = this.attempt(conflict, () => expect(txn.update('t', key, row)).toBe(exists)) && exists
    } else {
      wrote = this.attempt(conflict, () => expect(txn.delete('t', key)).toBe(exists)) && exists
    }
    if (wrote) session.writes.push({ key: name, row: what === 'delete' ? null : canonical(row) })
  }

  private insertHidden(session: Session): void {
    const row = this.someRow([null])
    session.txn.insert('t', row)
    const id = this.nextRowId++
    this.note('insert', String(id))
    session.writes.push({ key: keyText([id]), row: canonical([...row.slice(0, -1), id]) })
  }

  // An update that changes the key.
  private move(session: Session, key: Scalar[]): void {
    const present = session.present()
    const newKey = this.someKey(present)
    const [from, to] = [keyText(key), keyText(newKey)]
    if (from === to) return
    const row = this.someRow(newKey)
    const first = session.conflict(from, this.sessions)
    const exists = present.has(from)
    const second = !exists ? null : session.conflict(to, this.sessions) ?? (present.has(to) ? CODE.UNIQUE : null)
    // Either conflict may be the one that is raised when one of them is only possible.
    if (first === 'maybe' && second !== null) return
    const done = this.attempt(first ?? second, () => expect(session.txn.update('t', key, row)).toBe(exists))
    if (done && exists) session.writes.push({ key: from, row: null }, { key: to, row: canonical(row) })
  }

  private async end(session: Session): Promise<void> {
    const index = this.sessions.indexOf(session)
    this.sessions.splice(index, 1)
    if (this.random.chance(0.25)) {
      this.note('rollback', String(index))
      session.txn.rollback()
      return
    }
    this.note('commit', String(index))
    if (this.random.chance(0.2)) await session.txn.commitSoon()
    else session.txn.commit()
    if (session.writes.length > 0) this.committed.apply(session.writes)
  }

  private savepoint(session: Session): void {
    const { savepoints, txn, writes } = session
    if (savepoints.length === 0 || this.random.chance(0.5)) {
      savepoints.push({ at: txn.savepoint(), writes: writes.length })
      return
    }
    const chosen = this.random.below(savepoints.length)
    const { at, writes: count } = savepoints[chosen]!
    this.note('rollback to savepoint')
    txn.rollbackTo(at)
    writes.length = count
    savepoints.length = chosen + 1
  }

  private append(session: Session | null): void {
    const { random } = this
    const { schema, randomKey } = this.kind
    const onConflict = random.pick(MODES)
    const base = session === null ? this.committed.rows : session.present()
    const rows: Row[] = []
    // Row ids never meet again, so that table would only grow.
    for (let i = random.between(1, randomKey === null ? 5 : 40); i > 0; i--) {
      rows.push(this.someRow(randomKey === null ? [null] : random.chance(0.3) ? this.someKey(base) : randomKey(random)))
    }
    const visible = schema.columns.flatMap((column, c) => {
      if (column.hidden) return []
      const stage = new ColumnStage(column.type, rows.length)
      for (const row of rows) stage.append(row[c]!)
      return [stage]
    })
    this.note(`append ${onConflict}`, `${rows.length} ${session === null ? '' : 'in a transaction'}`)
    const code = this.appendOutcome(rows, onConflict, session, base)
    const assigned = this.nextRowId
    if (randomKey === null) this.nextRowId += rows.length
    const wrote = code === 'unknown' ? this.appendUnsure(visible, onConflict, session)
      : this.attempt(code, () => appendColumns(this.engine, 't', visible, onConflict, session?.txn ?? null))
    if (!wrote) return
    const full = randomKey !== null ? rows
      : rows.map((row, i) => [...row.slice(0, -1), assigned + i])
    const writes = this.appendWrites(full, onConflict, base)
    if (session !== null) session.writes.push(...writes)
    else if (writes.length > 0) this.committed.apply(writes)
  }

  private appendUnsure(visible: ColumnStage[], onConflict: OnConflict, session: Session | null): boolean {
    try {
      appendColumns(this.engine, 't', visible, onConflict, session?.txn ?? null)
      return true
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error
      expect([CODE.LOCK_HELD, CODE.SERIALIZATION, CODE.UNIQUE]).toContain(error.code)
      return false
    }
  }

  // What an append must raise. Where several errors are possible the engine may find any of them first.
  private appendOutcome(
    rows: readonly Row[], onConflict: OnConflict, session: Session | null, base: Rows,
  ): ErrorCode | null | 'unknown' {
    const isLoaded = session === null && rows.length >= TINY.bulkRows!
    if (isLoaded && this.sessions.some((other) => other.writes.length > 0)) return CODE.LOCK_HELD
    if (this.kind.randomKey === null) return null
    const keys = rows.map((row) => keyText(this.keyOf(row)))
    const conflicts = keys.map((key) => (session === null
      ? this.sessions.some((other) => other.locks(key)) ? CODE.LOCK_HELD : null
      : session.conflict(key, this.sessions)))
    if (conflicts.some((conflict) => conflict !== null)) return 'unknown'
    if (onConflict !== 'error') return null
    const isDuplicate = new Set(keys).size < keys.length || keys.some((key) => base.has(key))
    return isDuplicate ? CODE.UNIQUE : null
  }

  private appendWrites(rows: readonly Row[], onConflict: OnConflict, base: Rows): { key: string; row: Row }[] {
    const writes = new Map<string, Row>()
    for (const row of rows) {
      const key = keyText(this.keyOf(row))
      if (onConflict === 'skip' && (base.has(key) || writes.has(key))) continue
      writes.set(key, canonical(row))
    }
    return [...writes].map(([key, row]) => ({ key, row }))
  }

  private changeIndexes(): void {
    const isLocked = this.sessions.some((session) => session.writes.length > 0)
    this.attempt(isLocked ? CODE.LOCK_HELD : null, () => {
      this.note('index', changeIndexes(this.engine, this.kind.schema, this.random))
    })
  }

  // Merges some groups at any moment, whatever transactions are open, as a commit would.
  private merge(): void {
    this.note('merge')
    const table = this.random.pick(this.engine.catalog.tables())
    if (mergeTable(this.engine, table, () => this.random.chance(0.6))) this.engine.checkpoint()
  }

  private async reopen(): Promise<void> {
    const isCrash = this.random.chance(0.5)
    const { seals, runMerges } = this.engine.counters
    this.counts['seal'] = (this.counts['seal'] ?? 0) + seals
    this.counts['run merge'] = (this.counts['run merge'] ?? 0) + runMerges
    this.note(isCrash ? 'crash' : 'close')
    if (isCrash) {
      this.engine.parts.lock?.release()
      this.engine.memory.release()
    } else {
      for (const session of this.sessions) session.txn.rollback()
      this.engine.close()
    }
    this.sessions = []
    await this.open()
    this.nextRowId = this.engine.catalog.get('t').nextRowId
    this.checkAll()
  }

  private scanAll(): void {
    this.note('scan all')
    this.checkAll()
  }

  /** Everything, for every session, and the integrity check. */
  checkAll(): void {
    for (const session of this.sessions) {
      const expected = rowsBetween(session.view(), this.keyOf, null, null).map(rowText)
      const access = session.txn.tables('t')
      expect(scanRows(this.engine, access, { order: 'ascending' }).map(rowText)).toEqual(expected)
      expect(scanRows(this.engine, access).map(rowText).sort()).toEqual(expected.sort())
      checkIndexes(this.engine, access, this.kind.schema, session.view(), this.random)
      for (const row of session.view().values()) expect(rowText(access.row(this.keyOf(row)))).toBe(rowText(row))
    }
    expect(verifyEngine(this.engine).problems).toEqual([])
    expect(this.engine.catalog.get('t').liveRows).toBe(this.committed.rows.size)
  }

  private checkSome(): void {
    this.checkPointReader()
    if (this.sessions.length === 0) return
    const session = this.random.pick(this.sessions)
    const view = session.view()
    const access = session.txn.tables('t')
    for (let i = 0; i < 4; i++) {
      const key = this.someKey(view)
      expect(rowText(access.row(key)), `row ${keyText(key)}`).toBe(rowText(view.get(keyText(key)) ?? null))
      const out: Scalar[] = []
      expect(access.find(key, [0], out)).toBe(view.has(keyText(key)))
      if (view.has(keyText(key))) expect(rowText(out)).toBe(rowText([view.get(keyText(key))![0]!]))
    }
    if (this.random.chance(0.1)) checkIndexes(this.engine, access, this.kind.schema, view, this.random)
    if (this.random.chance(0.4)) this.checkRange(session, view)
    if (this.random.chance(0.1)) this.checkZones(session, view)
  }

  private checkPointReader(): void {
    const { schema } = this.kind
    const table = this.engine.catalog.get('t')
    const ordinals = schema.columns.map((_, c) => c)
    const reader = new PointReader(table, () => this.engine.commitId, ordinals, ordinals.map((c) => `c${c}`),
      ordinals.map(() => null), this.random.between(1, 3))
    for (let i = 0; i < 4; i++) {
      const key = this.someKey(this.committed.rows)
      const expected = this.committed.rows.get(keyText(key))
      const found = reader.get(table.order.fromValues(key))
      expect(found === undefined ? 'none' : rowText(Object.values(found) as Scalar[]), `get ${keyText(key)}`)
        .toBe(rowText(expected ?? null))
      expect(reader.has(table.order.fromValues(key))).toBe(expected !== undefined)
    }
  }

  private someBound(view: Rows): Bound | null {
    const { random } = this
    if (random.chance(0.2)) return null
    const key = this.someKey(view)
    return { key: key.slice(0, random.between(1, key.length)), inclusive: random.chance(0.5) }
  }

  private checkRange(session: Session, view: Rows): void {
    const lower = this.someBound(view)
    const upper = this.someBound(view)
    const order = this.random.pick(['none', 'ascending', 'descending'] as const)
    const range = {
      lower: lower?.key ?? null, lowerInclusive: lower?.inclusive ?? false,
      upper: upper?.key ?? null, upperInclusive: upper?.inclusive ?? false,
    }
    const access = session.txn.tables('t')
    const found = scanRows(this.engine, access, { range, order }).map(rowText)
    const expected = rowsBetween(view, this.keyOf, lower, upper).map(rowText)
    if (order === 'descending') expected.reverse()
    if (order === 'none') expect(found.sort()).toEqual(expected.sort())
    else expect(found, `range ${order} ${keyText(lower?.key ?? [])} to ${keyText(upper?.key ?? [])}`).toEqual(expected)
    expect(access.estimateRange(range)).toBeGreaterThanOrEqual(0)
  }

  // Zone maps may keep rows that do not match, never drop one that does.
  private checkZones(session: Session, view: Rows): void {
    const column = this.random.below(this.kind.schema.columns.length)
    const op = this.random.pick(['=', '<', '<=', '>', '>=', 'in', 'is null', 'is not null'] as const)
    const rows = [...view.values()]
    const values = [1, 2].map(() => (rows.length > 0 && this.random.chance(0.6) ? this.random.pick(rows)[column]!
      : randomValue(this.random, this.kind.schema.columns[column]!.type)))
    const isPlain = (value: Scalar): boolean => value !== null && !Object.is(value, -0)
    if (!values.every(isPlain)) return
    const zone = { column, op, values: op === 'in' ? values : values.slice(0, 1) } as ZonePredicate
    const matches = rows.filter((row) => satisfies(row[column]!, zone)).map(rowText)
    const found = new Set(scanRows(this.engine, session.txn.tables('t'), { zones: [zone] }).map(rowText))
    for (const row of matches) expect(found.has(row), `${op} on column ${column}`).toBe(true)
    for (const row of found) expect(view.size > 0 && rows.some((known) => rowText(known) === row)).toBe(true)
  }
}

function satisfies(value: Scalar, zone: ZonePredicate): boolean {
  if (zone.op === 'is null') return value === null
  if (value === null) return false
  if (zone.op === 'is not null') return true
  const orders = zone.values.map((other) => compareValues(value, other))
  switch (zone.op) {
    case '=': case 'in': return orders.includes(0)
    case '<': return orders[0]! < 0
    case '<=': return orders[0]! <= 0
    case '>': return orders[0]! > 0
    case '>=': return orders[0]! >= 0
  }
}
