// The list of workloads and engines: what `npm run bench` can run, in the order it runs it.
// Adding a workload or a rival is one line here and one file beside its siblings.
import type { Engine, EngineName, EngineOptions } from './engines/engine.ts'
import { openDuckdb } from './engines/duckdb.ts'
import { openBinarySearch, openMap, openSortedBtree } from './engines/in-memory.ts'
import { openLmdb } from './engines/lmdb.ts'
import { openSecantdb } from './engines/secantdb.ts'
import { openSqlite } from './engines/sqlite.ts'
import { append } from './workloads/append.ts'
import { backup } from './workloads/backup.ts'
import { commit, upsert } from './workloads/commit.ts'
import { compression } from './workloads/compression.ts'
import { dirty } from './workloads/dirty.ts'
import { freeSpace } from './workloads/free-space.ts'
import { growth } from './workloads/growth.ts'
import { indexFit } from './workloads/index-fit.ts'
import { keyValue } from './workloads/key-value.ts'
import { inFlight, logAppend } from './workloads/log-append.ts'
import { pause } from './workloads/pause.ts'
import { point, sqlPoint } from './workloads/point.ts'
import { pool } from './workloads/pool.ts'
import { range } from './workloads/range.ts'
import { scan } from './workloads/scan.ts'
import { secondary } from './workloads/secondary.ts'
import { selectivity } from './workloads/selectivity.ts'
import { operators } from './workloads/operators.ts'
import { QUERY_SUITES } from './workloads/suites.ts'
import { tuple } from './workloads/tuple.ts'
import { updates } from './workloads/updates.ts'
import type { Workload } from './workloads/workload.ts'

export const WORKLOADS: readonly Workload[] = [
  point, sqlPoint, range, append, commit, upsert, scan, dirty, indexFit, pool, keyValue,
  logAppend, inFlight, tuple, updates, pause, growth, backup, compression, freeSpace, secondary, selectivity,
  ...QUERY_SUITES, operators,
]

/** Opens an engine by name. Throws RivalMissing when its library is not installed. */
export async function openEngine(name: EngineName, options: EngineOptions): Promise<Engine> {
  switch (name) {
    case 'lmdb': return openLmdb(options)
    case 'sqlite': return openSqlite(options)
    case 'duckdb': return openDuckdb(options)
    case 'map': return openMap()
    case 'sorted-btree': return openSortedBtree()
    case 'binary-search': return openBinarySearch()
    case 'secantdb': return openSecantdb(options)
  }
}
