// information_schema and pg_catalog: what tools ask to find out what there is, and that they hear of every change.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { open } from '../../src/index.ts'
import type { Database } from '../../src/index.ts'
import { FaultyFileSystem } from '../sim/faulty-file.ts'
import { codeOf } from './errors.ts'

let files: FaultyFileSystem
let db: Database
const rows = (sql: string): unknown[][] => db.prepare(sql).raw()

beforeEach(async () => {
  files = new FaultyFileSystem()
  db = await open('a.sdb', { files })
  db.exec(`CREATE SCHEMA sales;
    CREATE TABLE item (id INT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name VARCHAR(20) NOT NULL DEFAULT 'x',
      price DECIMAL(10,2) CHECK (price > 0), gross DECIMAL(12,2) GENERATED ALWAYS AS (price * 2) STORED,
      code TEXT UNIQUE);
    CREATE TABLE sales.sale (a INT, b BIGINT, item INT REFERENCES item ON DELETE CASCADE, tags TEXT[],
      PRIMARY KEY (b, a));
    CREATE TABLE plain (x DOUBLE PRECISION);
    CREATE INDEX sale_item ON sales.sale (item);
    CREATE VIEW cheap AS SELECT id, price + 1 AS more FROM item;
    COMMENT ON TABLE item IS 'things'; COMMENT ON COLUMN item.name IS 'what it is called'`)
})
afterEach(() => db.close())

test('tables and columns', () => {
  expect(rows(`SELECT table_schema, table_name, table_type FROM information_schema.tables ORDER BY 1, 2`)).toEqual([
    ['public', 'cheap', 'VIEW'], ['public', 'item', 'BASE TABLE'], ['public', 'plain', 'BASE TABLE'],
    ['sales', 'sale', 'BASE TABLE'],
  ])
  expect(rows(`SELECT column_name, ordinal_position, column_default, is_nullable, data_type, character_maximum_length,
      numeric_precision, numeric_scale, is_identity, is_generated
    FROM information_schema.columns WHERE table_name = 'item' ORDER BY ordinal_position`)).toEqual([
    ['id', 1, null, 'NO', 'integer', null, 32, 0, 'YES', 'NEVER'],
    ['name', 2, "'x'", 'NO', 'character varying', 20, null, null, 'NO', 'NEVER'],
    ['price', 3, null, 'YES', 'numeric', null, 10, 2, 'NO', 'NEVER'],
    ['gross', 4, null, 'YES', 'numeric', null, 12, 2, 'NO', 'ALWAYS'],
    ['code', 5, null, 'YES', 'text', null, null, null, 'NO', 'NEVER'],
  ])
  expect(rows(`SELECT column_name, data_type FROM information_schema.columns WHERE table_name IN ('cheap', 'plain')
    ORDER BY table_name, ordinal_position`))
    .toEqual([['id', 'integer'], ['more', 'numeric'], ['x', 'double precision']])
  expect(rows(`SELECT schema_name FROM information_schema.schemata ORDER BY 1`).flat())
    .toEqual(['information_schema', 'pg_catalog', 'public', 'sales'])
  expect(rows('SELECT sequence_name, data_type, minimum_value FROM information_schema.sequences'))
    .toEqual([['item_id_seq', 'integer', '1']])
})

test('keys, foreign keys and checks', () => {
  expect(rows(`SELECT table_name, constraint_name, constraint_type FROM information_schema.table_constraints
    ORDER BY 1, 2`)).toEqual([
    ['item', 'item_code_key', 'UNIQUE'], ['item', 'item_pkey', 'PRIMARY KEY'], ['item', 'item_price_check', 'CHECK'],
    ['sale', 'sale_item_fkey', 'FOREIGN KEY'], ['sale', 'sale_pkey', 'PRIMARY KEY'],
  ])
  expect(rows(`SELECT column_name, ordinal_position, position_in_unique_constraint
    FROM information_schema.key_column_usage WHERE table_name = 'sale' ORDER BY constraint_name, 2`))
    .toEqual([['item', 1, 1], ['b', 1, null], ['a', 2, null]])
  expect(rows(`SELECT r.constraint_name, r.unique_constraint_name, r.delete_rule, u.table_name, u.column_name
    FROM information_schema.referential_constraints r
    JOIN information_schema.constraint_column_usage u USING (constraint_name)`))
    .toEqual([['sale_item_fkey', 'item_pkey', 'CASCADE', 'item', 'id']])
  expect(rows(`SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'sales.sale'::regclass
    ORDER BY conname`)).toEqual([
    ['sale_item_fkey', 'FOREIGN KEY (item) REFERENCES item(id) ON DELETE CASCADE'], ['sale_pkey', 'PRIMARY KEY (b, a)'],
  ])
})

test('pg_catalog as reflection reads it', () => {
  expect(rows(`SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid)
    FROM pg_catalog.pg_attribute a LEFT JOIN pg_catalog.pg_attrdef d ON a.attrelid = d.adrelid AND a.attnum = d.adnum
    WHERE a.attrelid = 'item'::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`)).toEqual([
    ['id', 'integer', true, null], ['name', 'character varying(20)', true, "'x'"],
    ['price', 'numeric(10,2)', false, null], ['gross', 'numeric(12,2)', false, 'price * 2'],
    ['code', 'text', false, null],
  ])
  expect(rows(`SELECT n.nspname, c.relname, c.relkind, pg_get_userbyid(c.relowner) = current_user
    FROM pg_class c LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'v', 'S') AND pg_table_is_visible(c.oid) ORDER BY 2`)).toEqual([
    ['public', 'cheap', 'v', true], ['public', 'item', 'r', true], ['public', 'item_id_seq', 'S', true],
    ['public', 'plain', 'r', true],
  ])
  expect(rows(`SELECT c.relname, i.indisunique, i.indisprimary, a.attname FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
    WHERE i.indrelid = 'sales.sale'::regclass ORDER BY 1, 4`)).toEqual([
    ['sale_item', false, false, 'item'], ['sale_pkey', true, true, 'a'], ['sale_pkey', true, true, 'b'],
  ])
  expect(rows(`SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'sale' ORDER BY 1`)).toEqual([
    ['sale_item', 'CREATE INDEX sale_item ON sales.sale USING learned (item)'],
    ['sale_pkey', 'CREATE UNIQUE INDEX sale_pkey ON sales.sale USING learned (b, a)'],
  ])
  expect(rows(`SELECT obj_description('item'::regclass, 'pg_class'), col_description('item'::regclass, 2),
    (SELECT count(*) FROM pg_description WHERE classoid = 'pg_class'::regclass)`))
    .toEqual([['things', 'what it is called', 2]])
  expect(rows(`SELECT tablename FROM pg_tables WHERE schemaname = 'sales'`)).toEqual([['sale']])
  expect(rows(`SELECT viewname FROM pg_views`)).toEqual([['cheap']])
  expect(rows(`SELECT typname FROM pg_type t JOIN pg_attribute a ON a.atttypid = t.oid
    WHERE a.attrelid = 'sales.sale'::regclass ORDER BY attnum`).flat()).toEqual(['int4', 'int8', 'int4', '_text'])
  expect(rows(`SELECT conrelid::regclass, confrelid::regclass FROM pg_constraint WHERE contype = 'f'`))
    .toEqual([['sales.sale', 'item']])
  expect(rows(`SELECT current_database(), has_table_privilege('item', 'SELECT'), count(*) FROM pg_database`))
    .toEqual([['main', true, 1]])
  db.exec(`SET search_path TO sales`)
  expect(rows(`SELECT setting FROM pg_settings WHERE name = 'search_path'`)).toEqual([['sales']])
})

test('a prepared query hears of changes, of its own transaction at once', () => {
  const names = db.prepare(`SELECT table_name FROM information_schema.tables ORDER BY 1`)
  const columns = db.prepare(`SELECT column_name, data_type FROM information_schema.columns
    WHERE table_name = 'plain' ORDER BY ordinal_position`)
  expect(names.raw().flat()).toEqual(['cheap', 'item', 'plain', 'sale'])
  db.exec('BEGIN; ALTER TABLE plain ADD COLUMN y DATE; ALTER TABLE plain RENAME COLUMN x TO z; DROP VIEW cheap')
  expect(names.raw().flat()).toEqual(['item', 'plain', 'sale'])
  expect(columns.raw()).toEqual([['z', 'double precision'], ['y', 'date']])
  db.exec('ROLLBACK')
  expect(names.raw().flat()).toEqual(['cheap', 'item', 'plain', 'sale'])
  expect(columns.raw()).toEqual([['x', 'double precision']])
  db.exec('ALTER TABLE plain RENAME TO other; CREATE VIEW last AS SELECT 1 AS one')
  expect(names.raw().flat()).toEqual(['cheap', 'item', 'last', 'other', 'sale'])
  db.exec('DROP VIEW last; DROP TABLE other')
  expect(names.raw().flat()).toEqual(['cheap', 'item', 'sale'])
})

test('another connection sees what is committed, and temporary tables of its own only', () => {
  const other = db.connect()
  const seen = (who: Pick<Database, 'prepare'>): unknown[] => who.prepare(
    `SELECT table_schema || '.' || table_name FROM information_schema.tables WHERE table_name LIKE 't%' ORDER BY 1`
  ).raw().flat()
  db.exec('CREATE TEMP TABLE temporary (a INT); BEGIN; CREATE TABLE t (a INT)')
  expect(seen(db)).toEqual(['pg_temp.temporary', 'public.t'])
  expect(seen(other)).toEqual([])
  db.exec('COMMIT')
  expect(seen(other)).toEqual(['public.t'])
  other.close()
})

test('oids stay after reopening and renaming', async () => {
  const oids = `SELECT relname, oid FROM pg_class WHERE relname <> 'plain' AND relname <> 'p2' ORDER BY 1`
  const [before, plain] = [rows(oids), rows(`SELECT 'plain'::regclass`)]
  db.exec('ALTER TABLE plain RENAME TO p2; CREATE TABLE extra (a INT); DROP TABLE extra')
  db.close()
  db = await open('a.sdb', { files })
  expect(rows(oids)).toEqual(before)
  expect(rows(`SELECT 'p2'::regclass`)).toEqual(plain)
  expect(new Set(before.map(row => row[1])).size).toBe(before.length)
})

test('views over the catalogue, and errors', () => {
  db.exec('CREATE VIEW mine AS SELECT table_name, column_name FROM information_schema.columns')
  expect(rows(`SELECT column_name FROM mine WHERE table_name = 'mine' ORDER BY 1`).flat())
    .toEqual(['column_name', 'table_name'])
  expect(codeOf(() => db.exec('SELECT * FROM information_schema.nothing'))).toBe('42P01')
  expect(codeOf(() => db.exec('SELECT * FROM information_schema."tables.x"'))).toBe('42P01')
  expect(codeOf(() => db.exec('DELETE FROM pg_class'))).toBe('42809')
  expect(codeOf(() => db.exec(`SELECT 'nothing'::regclass`))).toBe('42P01')
  expect(rows(`SELECT 'sales.sale'::regclass::text, pg_get_indexdef('sales.sale_pkey'::regclass),
      pg_table_is_visible('item_pkey'::regclass), pg_table_is_visible('sales.sale_pkey'::regclass)`)).toEqual([
    ['sales.sale', 'CREATE UNIQUE INDEX sale_pkey ON sales.sale USING learned (b, a)', true, false],
  ])
  expect(rows(`SELECT to_regclass('nothing'), format_type(99, NULL)`)).toEqual([[null, '???']])
})
