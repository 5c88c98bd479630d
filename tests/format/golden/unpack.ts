// Unpacks a golden database to where it can be opened and changed, and shows what a database holds in the
// form of the text that lies beside it.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { walFolder } from '../../../storage/mod.ts'
import type { Engine } from '../../../storage/mod.ts'
import { reading, scanRows } from '../../storage/rows.ts'
import { tableLines } from './make.ts'

/** Folder of the golden database of a format version, or of its compressed sibling. */
export function goldenOf(version: number, isCompressed = false): string {
  return join(dirname(fileURLToPath(import.meta.url)), `v${version}${isCompressed ? '-compressed' : ''}`)
}

/** Unpacks a golden database to a fresh place, and returns that. */
export function unpack(golden: string, path: string): string {
  writeFileSync(path, gunzipSync(readFileSync(join(golden, 'database.gz'))))
  mkdirSync(walFolder(path))
  for (const file of readdirSync(join(golden, 'wal'))) {
    const bytes = gunzipSync(readFileSync(join(golden, 'wal', file)))
    writeFileSync(join(walFolder(path), file.replace(/\.gz$/, '')), bytes)
  }
  return path
}

/** What the database shows, as the text beside it. */
export function shown(engine: Engine): string {
  return reading(engine, (txn) => txn.listTables().flatMap((schema) =>
    tableLines(schema, scanRows(engine, txn.tables(schema.name), { order: 'ascending' }))).join('\n'))
}
