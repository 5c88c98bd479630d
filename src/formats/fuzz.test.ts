// Random and damaged input never escapes as anything but a DatabaseError, and text survives CSV whatever it holds.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { DatabaseError } from '../base/errors.ts'
import { Random } from '../base/random.ts'
import { BIGINT, decimalType, TEXT, TIMESTAMP, type ColumnSchema } from '../base/types.ts'
import type { SinkFormat, SourceFormat } from './format.ts'
import { openSink } from './open-sink.ts'
import { openSource } from './open-source.ts'

const folder = mkdtempSync(join(tmpdir(), 'secantdb-fuzz-'))
afterAll(() => rmSync(folder, { recursive: true }))

const SCHEMA: ColumnSchema[] = [
  { name: 'id', type: BIGINT, nullable: true }, { name: 'm', type: decimalType(20, 2), nullable: true },
  { name: 'at', type: TIMESTAMP, nullable: true }, { name: 'note', type: TEXT, nullable: true },
]

async function write(path: string, format: SinkFormat): Promise<void> {
  const sink = await openSink(path, format, SCHEMA)
  await sink.write(Array.from({ length: 200 }, (_, i) =>
    [i, `${i}.5`, '2024-01-01 00:00:00.5', i % 3 === 0 ? null : `text ${i}, "quoted"\nline`]))
  await sink.close()
}

/** Reads everything; true when it worked, false for a DatabaseError. Anything else fails the test. */
async function survives(path: string, format?: SourceFormat): Promise<boolean> {
  try {
    const source = await openSource(path, format === undefined ? {} : { format })
    try {
      for await (const batch of source.batches()) {
        expect(batch.columns.every((data) => data.length === batch.rowCount)).toBe(true)
      }
    } finally {
      await source.close()
    }
    return true
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    return false
  }
}

test.each(['csv', 'jsonl', 'json', 'arrow', 'parquet'] as const)('damaged %s', async (format) => {
  const whole = join(folder, `whole.${format}`)
  await write(whole, format)
  expect(await survives(whole)).toBe(true)
  const bytes = readFileSync(whole)
  const random = new Random(11)
  const path = join(folder, `damaged.${format}`)
  // Inside Parquet pages a wrong run length sends hyparquet on a walk of billions of steps; footers we check.
  const reach = format === 'parquet' ? bytes.readUInt32LE(bytes.length - 8) + 8 : bytes.length
  let failed = 0
  for (let i = 0; i < 150; i++) {
    const damaged = Uint8Array.from(bytes)
    for (let flips = random.between(1, 4); flips > 0; flips--) {
      damaged[damaged.length - 1 - random.below(reach)] = random.below(256)
    }
    writeFileSync(path, random.chance(0.3) ? damaged.subarray(0, random.between(1, damaged.length)) : damaged)
    if (!await survives(path, format)) failed++
  }
  expect(failed).toBeGreaterThan(10)
})

test('random bytes as any format', async () => {
  const random = new Random(12)
  const path = join(folder, 'random.bin')
  for (let i = 0; i < 60; i++) {
    writeFileSync(path, Uint8Array.from({ length: random.between(1, 400) },
      () => random.below(i % 2 === 0 ? 256 : 128)))
    for (const format of ['csv', 'jsonl', 'json', 'arrow', 'parquet'] as const) await survives(path, format)
  }
})

test('any text survives CSV', async () => {
  const path = join(folder, 'text.csv')
  const columns: ColumnSchema[] = ['a', 'b'].map((name) => ({ name, type: TEXT, nullable: true }))
  const cell = fc.option(fc.string({ unit: 'binary' }).map((text) => 'x' + text + '"\n,\r'.slice(0, text.length % 5)))
  await fc.assert(fc.asyncProperty(fc.array(fc.tuple(cell, cell), { minLength: 1 }), async (rows) => {
    const sink = await openSink(path, 'csv', columns)
    await sink.write(rows)
    await sink.close()
    const source = await openSource(path, { header: true, delimiter: ',' })
    const back: unknown[][] = []
    for await (const batch of source.batches()) {
      for (let row = 0; row < batch.rowCount; row++) back.push(batch.columns.map((data) => data[row]))
    }
    await source.close()
    expect(back).toStrictEqual(rows)
  }), { numRuns: 200 })
})
