// Opens a writer by its format. A path gets the file variant of a format,
// a stream the streaming one.

import { extname } from 'node:path'
import type { Writable } from 'node:stream'
import type { ColumnSchema } from '../base/types.ts'
import { arrowSink } from './arrow-sink.ts'
import { openByteSink } from './byte-sink.ts'
import type { Sink, SinkFormat } from './format.ts'
import { parquetSink } from './parquet-sink.ts'
import { csvSink, jsonArraySink, jsonLinesSink, markdownSink } from './text-sinks.ts'

/** Opens a file or stream for rows of the given columns. Throws 58P01, 42809, 25006, 53100, 58030. */
export async function openSink(
  target: string | Writable, format: SinkFormat, columns: readonly ColumnSchema[],
): Promise<Sink> {
  const out = await openByteSink(target)
  switch (format) {
    case 'csv': return csvSink(out, columns, typeof target === 'string' && extname(target) === '.tsv' ? '\t' : ',')
    case 'jsonl': return jsonLinesSink(out, columns)
    case 'json': return jsonArraySink(out, columns)
    case 'markdown': return markdownSink(out, columns)
    case 'arrow': return arrowSink(out, columns, typeof target === 'string' ? 'file' : 'stream')
    case 'parquet': return parquetSink(out, columns)
  }
}
