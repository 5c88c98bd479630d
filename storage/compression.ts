// How tables are compressed: what the database and its tables say, and what that means to the writers of row
// groups. A setting holds for row groups written after it; older ones stay readable as they are until a merge or
// recompress() rewrites them.
//
//   setting   encodings of column chunks        pages
//   none      read in place only                as they are
//   rle       run length and delta as well      as they are
//   lz4, zstd, gzip   as rle                    compressed where that saves a block
//
// A table's own setting is in its schema (catalogue, DDL record), the database's in the catalogue's settings.
import type { Compression } from '../src/base/types.ts'
import { groupBytesOf } from './engine-options.ts'
import type { Engine } from './engine.ts'
import { PAGE_CODEC, assertCodec } from './page/page-codec.ts'
import type { PageCodec } from './page/page-codec.ts'
import type { GroupTarget } from './row-group/row-group-writer.ts'
import type { TableStore } from './table/table-store.ts'

/** Of a database that says nothing. */
const DEFAULT_COMPRESSION: Compression = 'none'

const CODEC_OF: Readonly<Record<Compression, PageCodec>> = {
  none: PAGE_CODEC.NONE, rle: PAGE_CODEC.NONE, lz4: PAGE_CODEC.LZ4, zstd: PAGE_CODEC.ZSTD, gzip: PAGE_CODEC.GZIP,
}

/** What new row groups of the table, or of tables without a setting (null), are written with. Indexes follow theirs. */
export function compressionOf(engine: Engine, table: TableStore | null): Compression {
  const of = table?.schema.index?.of
  const indexed = of === undefined ? null : engine.catalog.byIdOrNull(of)
  return table?.compression ?? indexed?.compression ?? engine.settings.compression ?? DEFAULT_COMPRESSION
}

/** 0A000 when this process cannot write what the setting asks for. */
export function assertCompression(compression: Compression): void {
  assertCodec(CODEC_OF[compression])
}

/** Where and how row groups of a table are written. */
export function groupTarget(engine: Engine, table: TableStore): GroupTarget {
  const { schema, order } = table
  const { memory, pages } = engine
  const groupBytes = groupBytesOf(engine.parts.options)
  const compression = compressionOf(engine, table)
  const mayDecode = compression !== 'none'
  return { schema, order, memory, pages, groupBytes, codec: CODEC_OF[compression], mayDecode }
}

/**
 * Sets the compression of a table, or of the database (null). Durable on return: it checkpoints. A failure leaves
 * the old setting.
 */
export function setCompression(engine: Engine, table: TableStore | null, compression: Compression): void {
  engine.assertUsable()
  engine.assertWritable()
  assertCompression(compression)
  const { settings } = engine
  const before = table?.compression ?? null
  if (table !== null) table.compression = compression
  else engine.settings = { ...settings, compression }
  try {
    engine.commitsSinceCheckpoint++
    engine.checkpoint()
  } catch (error) {
    engine.settings = settings
    if (table !== null) table.compression = before
    throw error
  }
}
