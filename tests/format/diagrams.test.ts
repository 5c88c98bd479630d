// The packet diagrams of docs/FORMAT.md (Mermaid; one unit is one byte) against what the encoders write. Where one
// differs, the failure shows the diagram as it should be.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { measure } from './layout.ts'
import type { Layout } from './layout.ts'
import { allLayouts } from './layouts.ts'

const format = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'FORMAT.md'), 'utf8')
const DRAWN = ['page map entry', 'log segment header', 'log record']

/** The diagram of a structure: its fixed fields in order, gaps as reserved bytes. */
function diagramOf(layout: Layout): string {
  const lines = ['```mermaid', 'packet-beta', `title ${layout.name}, in bytes`]
  let end = 0
  const range = (from: number, to: number, name: string): void => {
    lines.push(to - 1 === from ? `${from}: "${name}"` : `${from}-${to - 1}: "${name}"`)
  }
  for (const { name, offset, size } of measure(layout)) {
    if (size === 0) continue
    if (offset > end) range(end, offset, 'reserved')
    range(offset, offset + size, name)
    end = offset + size
  }
  return [...lines, '```'].join('\n')
}

describe('packet diagrams', () => {
  test.each(allLayouts().filter(({ name }) => DRAWN.includes(name)))('$name', (layout) => {
    const begin = format.indexOf(`\`\`\`mermaid\npacket-beta\ntitle ${layout.name},`)
    const found = begin < 0 ? 'none' : format.slice(begin, format.indexOf('\n```', begin) + 4)
    expect(found).toBe(diagramOf(layout))
  })

  test('there are no others', () => {
    expect(format.match(/^packet-beta$/gm)?.length).toBe(DRAWN.length)
  })
})
