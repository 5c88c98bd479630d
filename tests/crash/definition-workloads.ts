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
]
