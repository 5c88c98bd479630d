// Runs an operator to its end into a ColumnStore and closes it: the build side of joins, and what DML does
// before it writes, so that a statement never meets its own effects.
import type { Run } from '../run.ts'
import type { Arena } from '../../storage/memory/arena.ts'
import { ColumnStore } from './column-store.ts'
import { IndexJoinOperator } from './index-join.ts'
import { IndexMatchJoinOperator } from './index-match-join.ts'
import { IndexScanOperator } from './index-scan.ts'
import type { Operator } from './operator.ts'
import { ScanOperator } from './scan.ts'

/** Materialises `input`, calls `use` and releases the rows. 53200 past the memory limit. */
export function materialise(run: Run, input: Operator, use: (store: ColumnStore) => void): void {
  const arena = run.newArena()
  try {
    use(buildStore(run, input, arena))
  } finally {
    run.releaseArena(arena)
  }
}

/** All rows of `input` in a store whose memory is the caller's arena. */
export function buildStore(run: Run, input: Operator, arena: Arena): ColumnStore {
  const store = new ColumnStore(run.context.memory, arena, input.output.map((column) => column.type))
  store.check = () => run.check()
  const source = run.open(input)
  try {
    for (let batch = source.next(); batch !== null; batch = source.next()) {
      run.check()
      store.append(batch)
    }
  } finally {
    source.close()
  }
  return store
}

/** True when a tree reads `table`. Subqueries do not count: they are finished before the first write. */
export function readsTable(operator: Operator, table: string): boolean {
  const isScan = operator instanceof ScanOperator || operator instanceof IndexScanOperator
    || operator instanceof IndexJoinOperator || operator instanceof IndexMatchJoinOperator
  if (isScan && operator.spec.table === table) return true
  return operator.children.some((child) => readsTable(child, table))
}
