// What `secantdb inspect` prints of the stored database of version 1, kept as text: a change of the output is a change
// somebody sees. SECANTDB_WRITE_GOLDEN=1 writes the files again. Hex dumps of whole pages are cut after their fields.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { inspectLines } from '../../src/cli/inspect.ts'
import { NodeFileSystem } from '../../storage/file/node-file.ts'
import { goldenOf, unpack } from './golden/unpack.ts'

const here = join(dirname(goldenOf(1)), 'inspect')
const folder = mkdtempSync(join(tmpdir(), 'secantdb-inspect-'))
const path = unpack(goldenOf(1), join(folder, 'v1.sdb'))
afterAll(() => rmSync(folder, { recursive: true }))

const LINES_MAX = 120

async function shown(what: string, which?: string): Promise<string[]> {
  const lines = await inspectLines(new NodeFileSystem(), path, what, which)
  return lines.map((line) => line.replaceAll(`${folder}/`, '').trimEnd())
}

/** The fields of a page, without the dump of its bytes. */
function fieldsOf(lines: readonly string[]): string[] {
  return lines.slice(0, lines.lastIndexOf(''))
}

async function expectGolden(name: string, lines: readonly string[]): Promise<void> {
  const golden = join(here, `${name}.txt`)
  const cut = lines.length > LINES_MAX ? [...lines.slice(0, LINES_MAX), `… ${lines.length} lines`] : lines
  const text = cut.join('\n') + '\n'
  if (process.env['SECANTDB_WRITE_GOLDEN'] === '1' || !existsSync(golden)) {
    mkdirSync(here, { recursive: true })
    writeFileSync(golden, text)
  }
  expect(text).toBe(readFileSync(golden, 'utf8'))
}

test('meta', async () => expectGolden('meta', await shown('meta')))
test('wal', async () => expectGolden('wal', await shown('wal')))
test('free space', async () => expectGolden('freespace', await shown('freespace')))

test('groups and index of a table', async () => {
  const tables = /^tables: (\w+)/m.exec((await shown('meta')).join('\n'))!
  await expectGolden('groups', await shown('groups', tables[1]))
  await expectGolden('index', await shown('index', tables[1]))
})

test('the first page of every kind', async () => {
  const seen = new Set<string>()
  const counts = [...(await shown('meta')).join('\n').matchAll(/ pages +(\d+)$/gm)].map((found) => Number(found[1]))
  const pages = Math.max(...counts)
  for (let page = 1; page < pages; page++) {
    const lines = await shown('page', String(page))
    const kind = /^kind (\w+)/m.exec(lines.join('\n'))?.[1] ?? 'none'
    if (kind === 'free' || seen.has(kind)) continue
    seen.add(kind)
    await expectGolden(`page-${kind}`, fieldsOf(lines))
  }
  expect([...seen].sort()).toEqual(['base', 'catalog', 'heap', 'overflow'])
})
