// VACUUM: everything a table has in its delta and its sealed runs goes into its base, rows that are dead go away, and
// what is free inside the file is given back: pages move from its end into free extents, and the tail is cut off.
//
// Space that an open snapshot, a reader or a backup still refers to stays until a later VACUUM or checkpoint.
import { checkpoint } from './checkpoint.ts'
import { hasChanges } from './debt.ts'
import type { Engine } from './engine.ts'
import { mergeTable } from './merging.ts'
import { movePagesDown } from './page/page-move.ts'
import type { TableStore } from './table/table-store.ts'

/** Freed blocks are reusable after this many checkpoints (F2). */
const TURNS = 2

/** What a VACUUM did. */
export interface VacuumResult {
  readonly movedPages: number
  readonly bytesBefore: number
  readonly bytesAfter: number
}

/** Merges the tables (with their indexes) and shrinks the file. Durable on return. */
export function vacuum(engine: Engine, tables: readonly TableStore[]): VacuumResult {
  engine.assertUsable()
  engine.assertWritable()
  engine.jobs.abandon(null)
  const { pages } = engine
  const bytesBefore = pages.stats.fileBytes
  try {
    for (const table of tables) mergeTable(engine, table, (group) => hasChanges(table, group))
    for (let turn = 0; turn < TURNS; turn++) checkpoint(engine)
    const movedPages = movePagesDown(pages)
    pages.isTailUnwanted = true
    for (let turn = 0; turn < 2 * TURNS; turn++) {
      // Map pages have no ids: they move by being written again, to the lowest blocks that are free then.
      pages.map.touchAll()
      checkpoint(engine)
    }
    return { movedPages, bytesBefore, bytesAfter: pages.stats.fileBytes }
  } catch (error) {
    engine.poison(error)
    throw error
  } finally {
    pages.isTailUnwanted = false
  }
}
