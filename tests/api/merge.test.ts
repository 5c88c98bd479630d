// MERGE: which clause a row meets, what it does, and what is refused. NOT MATCHED BY SOURCE is
// taken too. What PostgreSQL answers is in tests/slt/dml.
import { expect, test } from 'vitest'
import { open } from '../../src/index.ts'
import { runScript } from './script.ts'
import type { Script } from './script.ts'

const SCRIPT: Script = [
  ["create table t (id int primary key, b text default 'def', n int)", 0],
  ['create table u (id int, b text, n int)', 0],
  ["insert into t values (1,'a',1),(2,'b',2),(3,'c',3)", 3],
  ["insert into u values (2,'B',20),(3,null,0),(4,'D',40),(5,'E',null)", 4],
  ['merge into t using u on t.id = u.id when matched and u.n = 0 then delete when matched then update'
    + ' set b = u.b, n = t.n + u.n when not matched and u.n is not null then insert (id, b) values'
    + ' (u.id, default) when not matched then do nothing',
    3],
  ['select * from t order by id', [[1,"a",1],[2,"B",22],[4,"def",null]]],
  ["merge into t as x using (select id, b || '!' as b from u) as s on x.id = s.id when matched then"
    + " update set (b, n) = (s.b, default) when not matched then insert values (s.id, s.b)", 4],
  ['select * from t order by id', [[1,"a",1],[2,"B!",null],[3,null,null],[4,"D!",null],[5,"E!",null]]],
  ['merge into t using u on t.id = u.id when not matched by source then update set n = -1 when not'
    + ' matched by source then delete', 1],
  ['select * from t order by id', [[1,"a",-1],[2,"B!",null],[3,null,null],[4,"D!",null],[5,"E!",null]]],
  ["insert into u values (2, 'again', 1)", 1],
  ['merge into t using u on t.id = u.id when matched then update set n = 9', '21000'],
  ["merge into t using u on t.id = u.id when matched and u.b = 'zz' then update set n = 1 / 0", 0],
  ['merge into t using u on t.id = u.id when matched then update set nope = 1', '42703'],
  ['merge into nope using u on true when matched then delete', '42P01'],
  ['merge into t using u on t.id = u.id when not matched then insert (id) values (1, 2)', '42601'],
  ['create table nokey (a int)', 0],
  ['merge into nokey using u on nokey.a = u.id when matched then delete', '0A000'],
  ['begin', 0],
  ["merge into t using (values (100)) v(k) on t.id = v.k when not matched then insert values (v.k, 'v', '7')", 1],
  ['select * from t where id = 100', [[100,"v",7]]],
  ['rollback', 0],
  ['select count(*) from t where id = 100', [[0]]],
  ['merge into t using u on t.id = u.id when matched and n > 1 then delete', '42702'],
]

test('MERGE, statement by statement', async () => {
  const db = await open(':memory:')
  runScript(db, SCRIPT)
  expect(db.verify().problems).toEqual([])
  db.close()
})
