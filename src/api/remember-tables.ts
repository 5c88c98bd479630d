// The tables of one read, looked up once each: planning, choosing between index and scan and opening ask for the same
// table several times, and every answer would list its indexes anew. A read's snapshot does not change.
import type { StoreAccess } from '../../storage/mod.ts'
import type { StartedRead } from './session.ts'

/** The read, with its tables remembered. */
export function rememberTables(read: StartedRead): StartedRead {
  const known = new Map<string, StoreAccess>()
  return {
    txn: read.txn,
    tables: (name) => {
      let table = known.get(name)
      if (table === undefined) known.set(name, table = read.tables(name))
      return table
    },
    end: () => read.end(),
  }
}
