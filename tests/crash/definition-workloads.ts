// Workloads of definitions for crashing at every write: schemas, views, temporary tables and what else changes the
// catalogue. What is compared is the SQL of all definitions beside the rows (workload.ts).
import type { CrashWorkload } from './workload.ts'

const CREATE = 'CREATE TABLE t (id BIGINT PRIMARY KEY, name TEXT, n DOUBLE PRECISION)'

/** All of them. */
export const DEFINITION_WORKLOADS: readonly CrashWorkload[] = [
  {
    name: 'schemas and views',
    steps: [CREATE, 'CREATE SCHEMA s', 'CREATE TABLE s.t (id BIGINT PRIMARY KEY, a INT)', 'CREATE INDEX ON s.t (a)',
      'CREATE VIEW v AS SELECT t.*, a FROM t JOIN s.t AS u USING (id)',
      "INSERT INTO t VALUES (1, 'x', 2), (2, NULL, 3)",
      'INSERT INTO s.t VALUES (1, 5), (2, 6)',
      'CREATE OR REPLACE VIEW v AS SELECT t.*, a, a + n AS b FROM t JOIN s.t AS u USING (id)',
      (db) => db.transaction(() => db.exec('CREATE SCHEMA s2; CREATE VIEW s2.w AS SELECT * FROM v; DROP VIEW s2.w')),
      (db) => db.checkpoint(), 'DROP SCHEMA s CASCADE', 'DROP SCHEMA s2'],
  },
  {
    name: 'temporary tables', options: { checkpointEvery: 2 },
    steps: [CREATE, (db) => {
      const session = db.connect()
      session.exec("CREATE TEMP TABLE x AS SELECT g AS id FROM (VALUES (1), (2)) v(g)")
      session.exec('INSERT INTO x VALUES (3); CREATE INDEX ON x (id); CREATE TEMP VIEW y AS SELECT * FROM x')
      session.close()
    }, "INSERT INTO t VALUES (1, 'x', 2)"],
  },
  {
    name: 'altered tables', options: { checkpointEvery: 5 },
    steps: [CREATE, "INSERT INTO t VALUES (1, 'x', 2), (2, NULL, 3), (3, 'y', NULL)", 'CREATE INDEX ON t (name)',
      'ALTER TABLE t ADD COLUMN c INT DEFAULT 7 NOT NULL', 'ALTER TABLE t RENAME COLUMN name TO word',
      "INSERT INTO t VALUES (4, 'z', 1, 8)", 'ALTER TABLE t ADD CONSTRAINT pos CHECK (c > 0), ALTER c DROP DEFAULT',
      'ALTER TABLE t RENAME TO u', 'ALTER TABLE u ALTER n TYPE TEXT USING n::text || word',
      'ALTER TABLE u DROP COLUMN word',
      (db) => db.transaction(() => db.exec(
        'ALTER TABLE u DROP CONSTRAINT t_pkey; ALTER TABLE u ADD x INT; DELETE FROM u WHERE id = 2')),
      "COMMENT ON TABLE u IS 'about u'", 'ALTER TABLE u ADD PRIMARY KEY (id)', 'INSERT INTO u VALUES (9, NULL, 5, 1)'],
  },
  {
    name: 'sequences', options: { checkpointEvery: 3 },
    steps: ['CREATE SEQUENCE s',
      'CREATE TABLE t (id SERIAL PRIMARY KEY, v INT, g INT GENERATED ALWAYS AS (v + 1) STORED)',
      'INSERT INTO t (v) VALUES (10), (20)', 'ALTER SEQUENCE s INCREMENT BY 3 RESTART WITH 100',
      'ALTER TABLE t ALTER v SET NOT NULL, ADD k INT GENERATED ALWAYS AS IDENTITY', 'DELETE FROM t', 'DROP SEQUENCE s',
      'DROP TABLE t'],
  },
  {
    name: 'foreign keys', options: { checkpointEvery: 4 },
    steps: ['CREATE TABLE p (id INT PRIMARY KEY, w TEXT UNIQUE)',
      `CREATE TABLE t (id INT PRIMARY KEY, pid INT REFERENCES p ON DELETE CASCADE,
        w TEXT REFERENCES p(w) ON UPDATE CASCADE ON DELETE SET NULL)`,
      "INSERT INTO p VALUES (1, 'a'), (2, 'b'), (3, 'c')",
        "INSERT INTO t VALUES (1, 1, 'b'), (2, 2, 'c'), (3, NULL, 'c')",
      "UPDATE p SET w = w || w", 'DELETE FROM p WHERE id = 1', 'DELETE FROM p WHERE id = 3',
        'ALTER TABLE p RENAME TO q',
      'ALTER TABLE t DROP CONSTRAINT t_w_fkey', 'ALTER TABLE t ADD FOREIGN KEY (pid) REFERENCES q',
      'TRUNCATE q CASCADE',
      'DROP TABLE q CASCADE'],
  },
]
