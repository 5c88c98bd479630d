// `secantdb inspect DB groups T` and `index T`: the row groups of a table with their encodings and zone maps, and its
// learned index, read past the engine. What only an open database knows (dead rows, the delta) is added when the file
// can be opened; otherwise the first line says why it cannot.
import { CODE, DatabaseError } from '../../base/errors.ts'
import { isNumeric } from '../../base/types.ts'
import type { TableSchema } from '../../base/types.ts'
import { ENCODING_NAMES } from '../../../storage/row-group/column-chunk.ts'
import type { GroupMeta, RowGroup } from '../../../storage/row-group/row-group.ts'
import type { FileSystem } from '../../../storage/file/file.ts'
import { figuresOfGroups } from '../../../storage/stats.ts'
import type { IndexFigures } from '../../../storage/mod.ts'
import { didYouMean } from '../../sql/nearest-name.ts'
import { figureLines } from '../index-figures.ts'
import { count, counted } from '../progress.ts'
import { openSession } from '../session.ts'
import type { RawDatabase } from './raw-database.ts'
import { readGroupMeta, readTables } from './raw-table.ts'
import type { RawTable } from './raw-table.ts'
import { rowText } from './wal-lines.ts'

const LAYOUT_NAMES = ['u8', 'u16', 'u32', 'i64', 'f32', 'f64', 'i128', 'view']

/** Figures of an open database, or why it does not open. */
type Opened = { readonly figures: IndexFigures | null; readonly problem: string | null }

async function openFigures(path: string, table: string, files: FileSystem): Promise<Opened> {
  try {
    const session = await openSession(path, { readOnly: true, files })
    try {
      return { figures: session.database.table(table).index(), problem: null }
    } finally {
      await session.close()
    }
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    // An index has row groups of its own and is no table; one that was made in the log only is not in the pages.
    if (error.code === CODE.UNDEFINED_TABLE) return { figures: null, problem: null }
    return { figures: null, problem: `the database does not open: ${error.message}` }
  }
}

/** The table, or the line that says why there is none. */
function findTable(db: RawDatabase, name: string): RawTable | string {
  const tables = readTables(db)
  const found = tables.find(({ schema }) => schema.name === name)
  if (found !== undefined) return found
  const { problem } = db.catalog()
  if (problem !== null) return `table ${name}: not found; ${problem}`
  const hint = didYouMean(name, tables.map(({ schema }) => schema.name))
  return `table ${name}: not found in the pages. ${hint ?? ''}`.trim()
}

/** The directory of a table, group by group. */
export async function groupLines(db: RawDatabase, name: string, files: FileSystem): Promise<string[]> {
  const table = findTable(db, name)
  if (typeof table === 'string') return [table]
  const { figures, problem } = await openFigures(db.file.path, name, files)
  const { schema, groups } = table
  const lines = [
    `table ${name} (id ${table.id}): root at page ${table.rootPage}, ${count(table.rootBytes)} bytes; `
      + `${counted(groups.length, 'row group')}, ${counted(table.liveRows, 'row')} with the delta`,
  ]
  if (table.problem !== null) lines.push(`DAMAGED root: ${table.problem}`)
  if (problem !== null) lines.push(`dead rows unknown: ${problem}`)
  const keyTypes = schema.key.map((c) => schema.columns[c]!.type)
  groups.forEach((group, g) => {
    const dead = figures?.groups.length === groups.length ? `, ${count(figures.groups[g]!.deadRows)} dead` : ''
    const last = group.firstPage + group.pageCount - 1
    lines.push('',
      `group ${g}: ${counted(group.rows, 'row')}${dead}, keys ${rowText(keyTypes, group.firstKeyValues)} to `
      + `${rowText(keyTypes, group.lastKeyValues)}, page${last > group.firstPage ? 's' : ''} ${group.firstPage}`
      + `${last > group.firstPage ? ` to ${last}` : ''}, ${count(group.streamBytes)} bytes`)
    const { meta, problem: broken } = readGroupMeta(table, group)
    if (broken !== null) lines.push(`  DAMAGED: ${broken}`)
    if (meta !== null) lines.push(...chunkLines(schema, meta))
  })
  return lines
}

function chunkLines(schema: TableSchema, meta: GroupMeta): string[] {
  const rows = meta.chunks.map((chunk, c) => {
    const { name, type } = schema.columns[c]!
    const layout = ENCODING_NAMES[chunk.encoding] === 'constant' ? '' : LAYOUT_NAMES[chunk.layout]!
    const zone = chunk.min === null && chunk.max === null ? 'none'
      : `${rowText([type], [chunk.min]).slice(1, -1)} … ${rowText([type], [chunk.max]).slice(1, -1)}`
    const detail = chunk.dictionaryCount > 0 ? `${chunk.dictionaryCount} entries` : `base ${chunk.base}`
    return [name, ENCODING_NAMES[chunk.encoding]!, layout, detail, String(chunk.nullCount), zone]
  })
  const { model } = meta
  return [
    ...aligned([['column', 'encoding', 'layout', 'detail', 'nulls', 'zone map'], ...rows]).map((line) => `  ${line}`),
    `  key model: ${model.kind}, ${counted(model.count, 'segment')}, epsilon ${model.epsilon}, error at most `
      + `${model.maxError}, ${model.meanError.toFixed(2)} on average`,
  ]
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)))
  return rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i]!)).join('  ').trimEnd())
}

/** The learned index of a table with a picture of the fit; of the readable groups when the file does not open. */
export async function indexLines(db: RawDatabase, name: string, files: FileSystem): Promise<string[]> {
  const opened = await openFigures(db.file.path, name, files)
  const table = findTable(db, name)
  if (typeof table === 'string') {
    return opened.figures === null ? [table] : figureLines(name, opened.figures, false)
  }
  if (opened.figures !== null) return [...figureLines(name, opened.figures, hasNumberKey(table)), ...modelLines(table)]
  const metas = new Map<RowGroup, GroupMeta>()
  const lines = opened.problem === null ? [] : [`${opened.problem}; this is what its pages say`]
  if (table.problem !== null) lines.push(`DAMAGED root: ${table.problem}`)
  table.groups.forEach((group, g) => {
    const { meta, problem } = readGroupMeta(table, group)
    if (problem !== null) lines.push(`DAMAGED group ${g}: ${problem}`)
    if (meta !== null) metas.set(group, meta)
  })
  const figures = figuresOfGroups([...metas.keys()], (group) => metas.get(group)!, 0)
  return [...lines, ...figureLines(name, figures, hasNumberKey(table)), ...modelLines(table)]
}

function hasNumberKey({ schema }: RawTable): boolean {
  return schema.key.length === 1 && isNumeric(schema.columns[schema.key[0]!]!.type)
}

/** Segments of the first groups as they are stored. */
function modelLines(table: RawTable): string[] {
  const lines = ['']
  for (const [g, group] of table.groups.entries()) {
    const { meta } = readGroupMeta(table, group)
    if (meta === null) continue
    const { model } = meta
    for (let s = 0; s < model.count; s++) {
      if (lines.length > SEGMENTS_SHOWN) return [...lines, '…']
      lines.push(`group ${g} segment ${s}: from key ${model.firstKey[s]}, row ${model.intercept[s]!.toFixed(2)} + `
        + `${model.slope[s]!.toPrecision(6)} per key`)
    }
  }
  return lines
}

const SEGMENTS_SHOWN = 64
