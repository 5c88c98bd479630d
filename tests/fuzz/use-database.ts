// Everything a user can do to a database, for fuzz targets: open, read every table by scan and by key, check,
// write, merge, checkpoint. Ends with true, or with false when a typed error refused the bytes.
import type { EngineOptions } from '../../storage/mod.ts'
import { openEngine } from '../../storage/mod.ts'
import { MemoryFileSystem } from '../../storage/file/memory-file.ts'
import { verifyEngine } from '../../storage/verify.ts'
import { DAMAGED_OPTIONS, DAMAGED_PATH } from '../storage/small-database.ts'
import { reading, scanRows } from '../storage/rows.ts'
import { isTyped } from './campaign.ts'

/** Uses the database in `files`, which is damaged afterwards. */
export async function useDatabase(files: MemoryFileSystem): Promise<boolean> {
  const options: Partial<EngineOptions> = { ...DAMAGED_OPTIONS, files, mergeEveryCommit: true }
  let engine = null
  try {
    const open = engine = await openEngine(DAMAGED_PATH, options)
    reading(open, (txn) => {
      for (const schema of txn.listTables()) {
        const access = txn.tables(schema.name)
        for (const order of ['ascending', 'none'] as const) {
          for (const row of scanRows(open, access, { order }).slice(0, 40)) access.row(schema.key.map((c) => row[c]!))
        }
      }
    })
    verifyEngine(open)
    for (const { schema } of open.catalog.tables()) {
      if (schema.name !== 'item' || schema.columns.length !== 6) continue
      const txn = open.begin()
      for (let id = 0; id < 600; id += 50) txn.put('item', [id, null, null, null, null, null])
      txn.commit()
    }
    open.checkpoint()
    return true
  } catch (error) {
    return !isTyped(error)
  } finally {
    engine?.parts.lock?.release()
    engine?.memory.release()
  }
}
