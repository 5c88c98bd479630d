import { describe, expect, test } from 'vitest'
import { BIGINT, TEXT } from '../../src/base/types.ts'
import type { TableSchema } from '../../src/base/types.ts'
import type { Expression, LogicalPlan } from '../plan/logical.ts'
import { call, col, filterOf, lit, param, projectOf, scanOf, schemaOf, valuesOf } from '../plan/logical.fixture.ts'
import { MemoryDatabase } from './memory-table.fixture.ts'

const schema = schemaOf('t', { id: BIGINT, v: TEXT })
const scan = scanOf(schema)
const id = col(scan, 'id')

function database(): MemoryDatabase {
  const db = new MemoryDatabase(2)
  db.add(schema, [[1, 'a'], [2, 'b'], [3, null]])
  return db
}

function insert(input: LogicalPlan, into: TableSchema = schema): LogicalPlan {
  return { kind: 'insert', table: into.name, schema: into, input, output: [] }
}

function update(input: LogicalPlan, values: Record<number, Expression>): LogicalPlan {
  const all = scan.output.map((_, i) => col(scan, i))
  return {
    kind: 'update', table: 't', schema, assignments: Object.keys(values).map(Number), output: [],
    input: projectOf(input, [...all, ...Object.values(values)]),
  }
}

function remove(input: LogicalPlan): LogicalPlan {
  return { kind: 'delete', table: 't', schema, input: projectOf(input, [id]), output: [] }
}

describe('INSERT, UPDATE, DELETE', () => {
  test('VALUES and parameters', () => {
    const db = database()
    expect(db.change(insert(valuesOf([BIGINT, TEXT], [[5, 'e'], [4, null]])), 'javascript')).toBe(2)
    const row: LogicalPlan = { kind: 'values', rows: [[param(0), param(1, TEXT)]], output: scan.output }
    expect(db.change(insert(row), 'javascript', [9, 'i'])).toBe(1)
    expect(db.access('t').rows).toEqual([[1, 'a'], [2, 'b'], [3, null], [4, null], [5, 'e'], [9, 'i']])
    expect(() => db.change(insert(row), 'javascript', [9, 'j'])).toThrow(expect.objectContaining({ code: '23505' }))
    expect(() => db.change(insert(row), 'javascript', [null, 'j'])).toThrow(expect.objectContaining({ code: '23502' }))
  })

  test('hidden row ids are left to the writer', () => {
    const db = database()
    const hidden: TableSchema = {
      name: 'h', key: [1], columns: [
        { name: 'v', type: TEXT, nullable: true }, { name: 'rowid', type: BIGINT, nullable: false, hidden: true },
      ],
    }
    db.add(hidden, [])
    db.change(insert(valuesOf([TEXT], [['x'], ['y']]), hidden), 'javascript')
    expect(db.access('h').rows).toEqual([['x', 1], ['y', 2]])
  })

  test('INSERT … SELECT from the same table does not see its own rows', () => {
    const db = database()
    const copy = schemaOf('c', { id: BIGINT, v: TEXT })
    db.add(copy, [])
    expect(db.change(insert(scan, copy), 'javascript')).toBe(3)
    expect(db.access('c').rows).toEqual(db.access('t').rows)
    expect(() => db.change(insert(scan), 'javascript')).toThrow(/duplicate key 1/)
  })

  test('UPDATE by key and by scan', () => {
    const db = database()
    expect(db.change(update(filterOf(scan, call('eq', [id, param(0)])), { 1: lit('new', TEXT) }), 'javascript',
      [2])).toBe(1)
    expect(db.access('t').rows[1]).toEqual([2, 'new'])
    expect(db.change(update(scan, { 1: lit(null, TEXT) }), 'javascript')).toBe(3)
    expect(db.access('t').rows.map((row) => row[1])).toEqual([null, null, null])
    expect(db.change(update(filterOf(scan, call('eq', [id, lit(77)])), { 1: lit('x', TEXT) }), 'javascript')).toBe(0)
  })

  test('UPDATE may swap columns and move keys to free places', () => {
    const db = database()
    expect(db.change(update(filterOf(scan, call('eq', [id, lit(2)])), { 0: lit(20) }), 'javascript')).toBe(1)
    expect(db.access('t').rows).toEqual([[1, 'a'], [3, null], [20, 'b']])
  })

  test('a key that is taken at that moment is 23505, as in PostgreSQL', () => {
    const db = database()
    expect(() => db.change(update(filterOf(scan, call('eq', [id, lit(1)])), { 0: lit(2) }), 'javascript'))
      .toThrow(expect.objectContaining({ code: '23505' }))
  })

  test('DELETE by range and of everything', () => {
    const db = database()
    expect(db.change(remove(filterOf(scan, call('ge', [id, lit(2)]))), 'javascript')).toBe(2)
    expect(db.access('t').rows).toEqual([[1, 'a']])
    expect(db.change(remove(scan), 'javascript')).toBe(1)
    expect(db.access('t').rows).toEqual([])
  })

  test('EXPLAIN of DML shows the access path; ANALYZE runs it and counts rows', () => {
    const db = database()
    const plan = db.plan(remove(filterOf(scan, call('eq', [id, lit(2)]))))
    expect(plan.changes).toBe(true)
    expect(plan.explain('text')).toMatch(/Delete t[\s\S]*-> Point t/)
    const profile = plan.analyze(db.context('javascript'))
    const [root] = JSON.parse(plan.explain('json', profile))
    expect(root.plan).toMatchObject({ op: 'Delete', table: 't', actualRows: 1 })
    expect(root.plan.children[0]).toMatchObject({ op: 'Point', access: 'point', actualRows: 1, indexProbes: 1,
      indexErrorMax: 3 })
    expect(db.access('t').rows).toHaveLength(2)
  })
})
