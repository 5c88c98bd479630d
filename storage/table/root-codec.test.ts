// Dead rows in a table root: made ready in steps or encoded at once, the bytes are the same, follow further sealing,
// and read back.
import { expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { INTEGER } from '../../src/base/types.ts'
import { RowGroup } from '../row-group/row-group.ts'
import { KeyOrder } from './key.ts'
import { decodeTableRoot, encodeTableRoot, prepareDeadRows } from './root-codec.ts'
import { RowCodec } from './row-codec.ts'
import { TableRoot } from './table-root.ts'

const schema = { name: 't', key: [0], columns: [{ name: 'id', type: INTEGER, nullable: false }] }
const order = new KeyOrder(schema)
const codec = new RowCodec([INTEGER])
const FIGURES = { nextRowId: 1, liveRows: 5 }

function groups(count: number, rows: number): RowGroup[] {
  return Array.from({ length: count }, (_, g) => {
    const [first, last] = [g * rows, g * rows + rows - 1]
    const entry = {
      firstPage: 1 + 4 * g, pageCount: 4, streamBytes: 4 * 65536, metaOffset: 200_000, rows,
      firstKeyValues: [first], lastKeyValues: [last],
    }
    return new RowGroup(entry, first, last)
  })
}

const SOURCE = {
  file: 'f', page: 1,
  filterAt: (): never => {
    throw new Error('there are no runs')
  },
}

const encode = (root: TableRoot): Uint8Array => {
  root.isLayered = true
  return encodeTableRoot(root, 7, FIGURES, codec)
}

test.each([1, 9, 64, 1000, 4099])('dead rows of groups of %s rows', (rows) => {
  const random = new Random(rows)
  const root = new TableRoot(1, groups(40, rows), order)
  const plain = new TableRoot(1, groups(40, rows), order)
  for (let round = 0; round < 4; round++) {
    root.groups.forEach((group, g) => {
      for (let i = random.below(1 + rows * (g / 40)); i > 0; i--) {
        const row = random.below(rows)
        group.dead.seal(row, Infinity)
        plain.groups[g]!.dead.seal(row, Infinity)
      }
    })
    for (const group of plain.groups) group.dead.stored = null
    if (round % 2 === 0) for (const _ of prepareDeadRows(root)) expect(root.groups.length).toBe(40)
    const bytes = encode(root)
    expect(bytes).toEqual(encode(plain))
    const read = decodeTableRoot(bytes, 7, 1, order, codec, SOURCE)
    read.root.groups.forEach((group, g) => {
      expect(group.dead.sealedCount).toBe(root.groups[g]!.dead.sealedCount)
      for (let row = 0; row < rows; row++) {
        if (group.dead.isSealed(row) !== root.groups[g]!.dead.isSealed(row)) throw new Error(`row ${row} of group ${g}`)
      }
    })
  }
})
