// The plans of one prepared statement. A plan holds while its tables have about the size it was made for, the indexes
// it reads are visible, and the parameters find about as many rows as those it was made for (exec/plan/peek.ts): the
// same join may be ten look-ups for one value and a scan for another, and then there are two plans.
import { isGuessRight } from '../../exec/mod.ts'
import type { PhysicalPlan } from '../../exec/mod.ts'
import type { LogicalPlan } from '../../exec/plan/logical.ts'
import type { Scalar } from '../base/types.ts'
import type { LinearMemory, StoreAccess } from '../../storage/mod.ts'
import { executorAccess } from './wide-key-access.ts'

/** Where a plan finds its tables: a transaction, or a view of one. */
export interface Tables {
  tables(name: string): StoreAccess
}

interface Planned {
  readonly plan: PhysicalPlan
  /** log2 of the rows of the planned tables. */
  readonly size: number
}

const PLANS_MAX = 8

/** Plans by what they were made for, the one used last first. */
export class PlanCache {
  #plans: Planned[] = []
  #of: LogicalPlan | null = null

  /** A plan of the query that holds for this execution, or null. */
  find(query: LogicalPlan, read: Tables, memory: LinearMemory, parameters: readonly Scalar[]): PhysicalPlan | null {
    if (this.#of !== query) return null
    const size = sizeOf(query, read)
    const access = (name: string): ReturnType<typeof executorAccess> => executorAccess(read.tables(name), memory)
    const at = this.#plans.findIndex(({ plan, size: planned }) => Math.abs(planned - size) < 3
      && plan.indexes.every(({ table, index }) => hasIndex(read, table, index))
      && isGuessRight(plan.guesses, access, parameters))
    if (at < 0) return null
    const found = this.#plans[at]!
    if (at > 0) {
      this.#plans.splice(at, 1)
      this.#plans.unshift(found)
    }
    return found.plan
  }

  /** Keeps a plan that was made for this execution. */
  add(query: LogicalPlan, read: Tables, plan: PhysicalPlan): void {
    if (this.#of !== query) this.#plans = []
    this.#of = query
    this.#plans.unshift({ plan, size: sizeOf(query, read) })
    if (this.#plans.length > PLANS_MAX) this.#plans.pop()
  }
}

/** A snapshot older than an index must not read it, and a dropped one is gone. */
function hasIndex(read: Tables, table: string, index: string): boolean {
  return read.tables(table).indexes().some(known => known.name === index)
}

/** log2 of the rows of all tables of a plan; -1 for a plan without tables. */
function sizeOf(plan: LogicalPlan, read: Tables): number {
  const rows = tableRows(plan, read)
  return rows < 0 ? -1 : Math.log2(rows + 1)
}

function tableRows(plan: LogicalPlan, read: Tables): number {
  switch (plan.kind) {
    case 'scan': return read.tables(plan.table).estimateRows()
    case 'values': case 'working': return 0
    case 'shared': return tableRows(plan.source.plan, read)
    case 'recursive': return tableRows(plan.seed, read) + tableRows(plan.step, read)
    case 'join': return tableRows(plan.left, read) + tableRows(plan.right, read)
    case 'set': return plan.inputs.reduce((rows, input) => rows + tableRows(input, read), 0)
    default: return tableRows(plan.input, read)
  }
}
