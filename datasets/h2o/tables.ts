// The tables of the H2O.ai database-like ops benchmark, group-by (G1, K = 100 groups, unsorted, no NULLs) and join:
// `x` of n rows, `small`, `medium` and `big` of n / 1e6, n / 1e3 and n rows (at least 10). A tenth of the keys of
// each side of a join has no partner. The data follow the benchmark's published generator scripts in kind:
// group keys uniform, v1 in 1..5, v2 in 1..15, v3 uniform below 100 with six digits. The group-by table has no key;
// our tables keep the order of their rows all the same.
import { Random } from '../../src/base/random.ts'
import type { Scalar } from '../../src/base/types.ts'
import { columnsOf, piecesOf } from '../generated.ts'
import type { GeneratedTable } from '../generated.ts'

const GROUPS = 100

const named = (digits: number, value: number): string => `id${String(value).padStart(digits, '0')}`

/** The group-by table `g` of `rows` rows. */
function groupTable(rows: number, seed: number): GeneratedTable {
  const many = Math.max(1, Math.round(rows / GROUPS))
  return {
    name: 'g', key: [], rows,
    columns: columnsOf(`id1 text, id2 text, id3 text, id4 integer, id5 integer, id6 integer, v1 integer, v2 integer,
      v3 double`),
    pieces: () => {
      const random = new Random(seed)
      const names = Array.from({ length: GROUPS + 1 }, (_, i) => named(3, i))
      return piecesOf(rows, (begin, end) => {
        const count = end - begin
        const texts = Array.from({ length: 3 }, () => new Array<Scalar>(count))
        const ints = Array.from({ length: 5 }, () => new Int32Array(count))
        const v3 = new Float64Array(count)
        for (let i = 0; i < count; i++) {
          texts[0]![i] = names[random.between(1, GROUPS)]!
          texts[1]![i] = names[random.between(1, GROUPS)]!
          texts[2]![i] = named(10, random.between(1, many))
          const tops = [GROUPS, GROUPS, many, 5, 15]
          for (let c = 0; c < 5; c++) ints[c]![i] = random.between(1, tops[c]!)
          v3[i] = sixDigits(random)
        }
        return [...texts, ...ints, v3]
      })
    },
  }
}

function sixDigits(random: Random): number {
  return Math.round(random.next() * 1e8) / 1e6
}

/**
 * A join table: integer keys id1 (10 values of small), id2 (medium), id3 (big), as many as it has of them, each
 * with its text twin id4, id5, id6, and a value. `levels` of the three keys; the last one is the row's own.
 */
function joinTable(name: string, rows: number, sizes: readonly number[], seed: number, value: string): GeneratedTable {
  const keys = sizes.map((_, k) => `id${k + 1} integer`)
  const texts = sizes.map((_, k) => `id${k + 4} text`)
  return {
    name, key: name === 'x' ? [] : [`id${sizes.length}`], rows,
    columns: columnsOf([...keys, ...texts, `${value} double`].join(', ')),
    pieces: () => {
      const random = new Random(seed)
      return piecesOf(rows, (begin, end) => {
        const count = end - begin
        const ids = sizes.map(() => new Int32Array(count))
        const v = new Float64Array(count)
        for (let i = 0; i < count; i++) {
          sizes.forEach((size, k) => { ids[k]![i] = random.between(1, size) })
          // A dimension table has each of its own keys once, its first tenth missing on the other side and vice versa.
          if (name !== 'x') ids[sizes.length - 1]![i] = begin + i + 1 + Math.floor(rows / 10)
          v[i] = sixDigits(random)
        }
        return [...ids, ...ids.map((list) => Array.from(list, (id): Scalar => named(0, id))), v]
      })
    },
  }
}

/** The tables at a number of rows: g, x, small, medium, big. */
export function h2oTables(rows: number, seed = 108): GeneratedTable[] {
  const [few, some] = [Math.max(10, Math.round(rows / 1e6)), Math.max(10, Math.round(rows / 1e3))]
  return [
    groupTable(rows, seed), joinTable('x', rows, [few, some, rows], seed + 1, 'v1'),
    joinTable('small', few, [few], seed + 2, 'v2'), joinTable('medium', some, [few, some], seed + 3, 'v2'),
    joinTable('big', rows, [few, some, rows], seed + 4, 'v2'),
  ]
}
