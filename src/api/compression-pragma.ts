// PRAGMA compression: what row groups written from now on are compressed with, of the database or of a table.
//
//   PRAGMA compression                     the database's, then tables that have their own
//   PRAGMA compression = 'zstd'            sets the database's
//   PRAGMA compression(orders)             a table's, also of an attached database: x.orders
//   PRAGMA compression(orders) = 'zstd'    sets a table's
//   PRAGMA recompress [= orders]           rewrites what was written before
import { CODE, DatabaseError } from '../base/errors.ts'
import { COMPRESSIONS } from '../base/types.ts'
import type { Compression, Scalar } from '../base/types.ts'
import { compressionOf, recompress, setCompression } from '../../storage/mod.ts'
import { didYouMean } from '../sql/nearest-name.ts'
import { homeOf } from './attachments.ts'
import type { Session } from './session.ts'

/** Rows of (name, compression). Throws 22023 for unknown words, 42P01 for unknown tables, 25001 in a transaction. */
export function compressionPragma(session: Session, value: Scalar, argument: string | null): Scalar[][] {
  const { engine } = session
  const wanted = value === null ? undefined : COMPRESSIONS.find(known => known === String(value).toLowerCase())
  if (value === null) {
    const own = engine.catalog.tables().filter(table => table.compression !== null)
    return [shown('compression', compressionOf(engine, null)), ...own.map(table =>
      shown(table.schema.name, compressionOf(engine, table)))]
  }
  const asked = homeOf(engine, String(value))
  if (argument === null && wanted === undefined && asked.engine.catalog.has(asked.name)) {
    return [shown(String(value), compressionOf(asked.engine, asked.engine.catalog.get(asked.name)))]
  }
  if (wanted === undefined) {
    const hint = didYouMean(String(value), COMPRESSIONS) ?? `Compressions are ${COMPRESSIONS.join(', ')}.`
    throw new DatabaseError(CODE.INVALID_PARAMETER, `unknown compression "${String(value)}"`, { hint })
  }
  if (session.transaction !== null) {
    throw new DatabaseError(CODE.ACTIVE_TRANSACTION, 'PRAGMA compression cannot be set inside a transaction block')
  }
  const home = homeOf(engine, argument ?? '')
  setCompression(home.engine, argument === null ? null : home.engine.catalog.get(home.name), wanted)
  return [shown(argument ?? 'compression', wanted)]
}

/**
 * PRAGMA recompress [= table]: rewrites row groups, of indexes too, with the compression set now; rows of (table,
 * rows written).
 */
export function recompressPragma(session: Session, value: Scalar): Scalar[][] {
  const { engine, name } = homeOf(session.engine, String(value ?? ''))
  const only = value === null ? null : engine.catalog.get(name)
  const tables = engine.catalog.tables()
    .filter(table => only === null || table === only || table.schema.index?.of === only.id)
  if (session.transaction !== null) {
    throw new DatabaseError(CODE.ACTIVE_TRANSACTION, 'PRAGMA recompress cannot run inside a transaction block')
  }
  return tables.map(table => [table.schema.name, `${recompress(engine, table)} rows`])
}

function shown(name: string, compression: Compression): Scalar[] {
  return [name, compression.toUpperCase()]
}
