// Opens a file of rows by its format. The format is what the caller says, else a magic number at the start, else
// the name's ending, else the first bracket of JSON, so a wrongly named Parquet file still opens.

import { extname } from 'node:path'
import { CODE, DatabaseError } from '../base/errors.ts'
import { openArrow } from './arrow-source.ts'
import { ByteSource } from './byte-source.ts'
import { openCsv } from './csv-source.ts'
import type { Source, SourceFormat, SourceOptions } from './format.ts'
import { openJson } from './json-source.ts'
import { openParquet } from './parquet-source.ts'

const ENDINGS: Record<string, SourceFormat> = {
  '.csv': 'csv', '.tsv': 'csv', '.txt': 'csv', '.jsonl': 'jsonl', '.ndjson': 'jsonl', '.json': 'json',
  '.arrow': 'arrow',
  '.arrows': 'arrow', '.feather': 'arrow', '.ipc': 'arrow', '.parquet': 'parquet', '.pq': 'parquet',
}

/** Format by the name's ending, or undefined. */
export function formatOfName(path: string): SourceFormat | undefined {
  return ENDINGS[extname(path).toLowerCase()]
}

/**
 * Opens a CSV, JSON lines, JSON, Arrow IPC or Parquet file. Throws 58P01 (missing), 42809 (folder), 58030 (I/O),
 * 22P02 (empty, cut short, or not that format), 22021 (not UTF-8).
 */
export async function openSource(path: string, options: SourceOptions = {}): Promise<Source> {
  const file = await ByteSource.open(path)
  try {
    const head = Buffer.from(await file.slice(0, 4096))
    const format = options.format ?? binaryFormat(head) ?? formatOfName(path) ?? textFormat(head)
    switch (format) {
      case 'parquet': return await openParquet(file)
      case 'arrow': return await openArrow(file)
      case 'json': case 'jsonl': return await openJson(file, jsonLayout(head), options)
      case 'csv': return await openCsv(file, options)
      default:
        throw new DatabaseError(CODE.INVALID_TEXT, `cannot tell the format of "${path}"`, {
          file: path, hint: 'Name one of csv, jsonl, json, arrow, parquet.',
        })
    }
  } catch (cause) {
    await file.close()
    throw cause
  }
}

/** Magic numbers. */
function binaryFormat(head: Buffer): SourceFormat | undefined {
  if (head.toString('latin1', 0, 4) === 'PAR1') return 'parquet'
  if (head.toString('latin1', 0, 6) === 'ARROW1') return 'arrow'
  return head.length >= 8 && head.readUInt32LE(0) === 0xffffffff ? 'arrow' : undefined
}

/** JSON by its first bracket. */
function textFormat(head: Buffer): SourceFormat | undefined {
  const first = firstCharacter(head)
  return first === '{' || first === '[' ? jsonLayout(head) : undefined
}

/** One array, or one object a line (whatever the file is called). */
function jsonLayout(head: Buffer): 'json' | 'jsonl' {
  return firstCharacter(head) === '[' ? 'json' : 'jsonl'
}

function firstCharacter(head: Buffer): string {
  return head.toString('utf8').replace(/^\ufeff/, '').trimStart()[0] ?? ''
}
