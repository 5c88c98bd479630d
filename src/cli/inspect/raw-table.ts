// Tables of a file that may be damaged: table roots and row-group metas read past the engine, each with the reason
// when it cannot be read. Row groups whose own meta is lost still have a directory entry.
import { DatabaseError } from '../../base/errors.ts'
import type { TableSchema } from '../../base/types.ts'
import { chunkParts } from '../../../storage/row-group/chunk-parts.ts'
import { ENCODING_NAMES, NO_PART } from '../../../storage/row-group/column-chunk.ts'
import { decodeGroupMeta } from '../../../storage/row-group/row-group.ts'
import type { GroupMeta, RowGroup } from '../../../storage/row-group/row-group.ts'
import { BloomFilter } from '../../../storage/table/bloom-filter.ts'
import { KeyOrder } from '../../../storage/table/key.ts'
import { RowCodec } from '../../../storage/table/row-codec.ts'
import { decodeTableRoot } from '../../../storage/table/root-codec.ts'
import type { RawDatabase } from './raw-database.ts'

/** One table as its root says. */
export interface RawTable {
  readonly db: RawDatabase
  readonly id: number
  readonly schema: TableSchema
  readonly rootPage: number
  readonly rootBytes: number
  /** Those of the base, then those of the sealed runs. */
  readonly groups: readonly RowGroup[]
  readonly liveRows: number
  /** Why the root cannot be read or trusted; null = it is whole. */
  readonly problem: string | null
}

/** All tables of the catalogue. */
export function readTables(db: RawDatabase): RawTable[] {
  return db.catalog().entries.map(({ id, rootPage, rootBytes, schema }) => {
    const { bytes, problem } = db.stream(rootPage, 0, rootBytes)
    const base = { db, id, schema, rootPage, rootBytes }
    const codec = new RowCodec(schema.key.map((c) => schema.columns[c]!.type))
    const source = {
      file: db.file.path, page: rootPage,
      filterAt: (page: number, size: number) =>
        BloomFilter.decode(db.stream(page, 0, size).bytes, { file: db.file.path, page }),
    }
    try {
      const { root, figures } = decodeTableRoot(bytes, id, 0, new KeyOrder(schema), codec, source)
      return { ...base, groups: root.allGroups(), liveRows: figures.liveRows, problem }
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error
      return { ...base, groups: [], liveRows: 0, problem: problem ?? error.message }
    }
  })
}

/** A row group's meta, or why there is none. */
export function readGroupMeta(table: RawTable, group: RowGroup): { meta: GroupMeta | null; problem: string | null } {
  const { db, schema } = table
  const { bytes, problem } = db.stream(group.firstPage, group.metaOffset, group.streamBytes - group.metaOffset)
  try {
    return { meta: decodeGroupMeta(bytes, group, schema, db.file.path), problem }
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    return { meta: null, problem: problem ?? error.message }
  }
}

/** A part of a row group's stream. */
export interface GroupPart {
  readonly name: string
  readonly begin: number
  readonly end: number
}

/** The parts of a row group by their place in its stream. */
export function groupParts(table: RawTable, group: RowGroup): { parts: GroupPart[]; problem: string | null } {
  const { meta, problem } = readGroupMeta(table, group)
  const whole = { name: 'meta: chunk descriptors, key model', begin: group.metaOffset, end: group.streamBytes }
  const parts: GroupPart[] = [whole]
  meta?.chunks.forEach((chunk, c) => {
    const { name } = table.schema.columns[c]!
    const add = (what: string, begin: number, bytes: number): void => {
      if (begin !== NO_PART) parts.push({ name: `column "${name}": ${what}`, begin, end: begin + bytes })
    }
    for (const { name, offset, bytes } of chunkParts(chunk, group.rows)) {
      add(offset === chunk.valuesOffset ? `${ENCODING_NAMES[chunk.encoding]} ${name}` : name, offset, bytes)
    }
  })
  return { parts: parts.sort((a, b) => a.begin - b.begin), problem }
}
