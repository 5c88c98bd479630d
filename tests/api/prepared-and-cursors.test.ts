// PREPARE, EXECUTE, DEALLOCATE, and cursors: every direction of FETCH, WITH HOLD, what ends with a transaction.
// What PostgreSQL answers is in tests/slt/statement.
import { expect, test } from 'vitest'
import { open } from '../../src/index.ts'
import { runScript } from './script.ts'
import type { Script } from './script.ts'

const SCRIPT: Script = [
  ['create table t (a int primary key, b text)', 0],
  ['prepare ins (int, text) as insert into t values ($1, $2)', 0],
  ["execute ins (1, 'x')", 1],
  ["execute ins ('2', null)", 1],
  ['execute ins (3)', '42601'],
  ['execute nope', '26000'],
  ['prepare sel as select a, b from t where a >= $1 and b is distinct from $2 order by a', 0],
  ["execute sel (1, 'x')", [[2,null]]],
  ["execute sel (1 + 1, 'zz'::text)", [[2,null]]],
  ['prepare sel as select 1', '42P05'],
  ['prepare bad as select * from nothere', '42P01'],
  ['prepare ddl as create table x (a int)', '42601'],
  ['deallocate sel', 0],
  ["execute sel (1, 'x')", '26000'],
  ['prepare up as update t set b = $1 where a = $2 returning *', 0],
  ["execute up ('new', 2)", [[2,"new"]]],
  ['deallocate all', 0],
  ['deallocate up', '26000'],
  ['declare c cursor for select * from t', '25P01'],
  ["insert into t values (3,'c'), (4,'d'), (5,'e')", 3],
  ['begin', 0],
  ['declare c scroll cursor for select a from t order by a', 0],
  ['declare c cursor for select 1', '42P03'],
  ['rollback', 0],
  ['begin', 0],
  ['declare c scroll cursor for select a, b from t order by a', 0],
  ['fetch c', [[1,"x"]]],
  ['fetch 2 from c', [[2,"new"],[3,"c"]]],
  ['fetch prior from c', [[2,"new"]]],
  ['fetch first from c', [[1,"x"]]],
  ['fetch last from c', [[5,"e"]]],
  ['fetch absolute -2 from c', [[4,"d"]]],
  ['fetch relative -1 from c', [[3,"c"]]],
  ['fetch relative 0 from c', [[3,"c"]]],
  ['fetch 0 from c', [[3,"c"]]],
  ['fetch backward all from c', [[2,"new"],[1,"x"]]],
  ['fetch forward all from c', [[1,"x"],[2,"new"],[3,"c"],[4,"d"],[5,"e"]]],
  ['fetch next from c', []],
  ['fetch backward 2 from c', [[5,"e"],[4,"d"]]],
  ['fetch absolute 99 from c', []],
  ['fetch prior from c', [[5,"e"]]],
  ['move absolute 2 from c', 0],
  ['fetch c', [[3,"c"]]],
  ['delete from t where a = 5', 1],
  ['fetch last in c', [[5,"e"]]],
  ['close c', 0],
  ['fetch c', '34000'],
  ['rollback', 0],
  ['begin', 0],
  ['declare n no scroll cursor for select a from t order by a', 0],
  ['declare h cursor with hold for select a from t order by a desc', 0],
  ['fetch 2 n', [[1],[2]]],
  ['fetch backward 1 from n', '55000'],
  ['rollback', 0],
  ['fetch h', '34000'],
  ['begin', 0],
  ['declare h cursor with hold for select a, a * 2 as d from t order by a desc', 0],
  ['declare gone cursor for select 1', 0],
  ['fetch h', [[5,10]]],
  ['commit', 0],
  ['delete from t where a < 3', 2],
  ['fetch all h', [[4,8],[3,6],[2,4],[1,2]]],
  ['fetch gone', '34000'],
  ['close all', 0],
  ['declare k cursor with hold for select count(*) from t', 0],
  ['fetch k', [[3]]],
  ['close k', 0],
  ['close k', '34000'],
]

test('prepared statements and cursors, statement by statement', async () => {
  const db = await open(':memory:')
  runScript(db, SCRIPT)
  expect(db.verify().problems).toEqual([])
  db.close()
})
