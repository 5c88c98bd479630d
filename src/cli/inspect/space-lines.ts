// `secantdb inspect DB freespace`: which blocks of the file hold what, as a picture, and how full the heap pages are.
// Free is what neither root refers to; waiting is what only the older root does (rule F2).
import { BLOCK_SIZE } from '../../../storage/page/page-map.ts'
import { PAGE_KIND } from '../../../storage/page/page-store.ts'
import { count, counted } from '../progress.ts'
import type { RawDatabase, RawRoot } from './raw-database.ts'

/** What a block is for, as a digit of the picture. */
const USE = {
  FREE: 0, META: 1, MAP: 2, BASE: 3, HEAP: 4, CATALOG: 5, OVERFLOW: 6, OTHER: 7, WAITING: 8, TWICE: 9,
} as const
const SIGNS = '.XMbhco?w!'
const NAMES = [
  'free', 'meta slots', 'page map', 'base pages', 'heap pages', 'catalogue and roots', 'overflow pages',
  'pages of unknown kind', 'waiting: of the older root only (F2)', 'claimed twice (violates F8)',
]
const USE_OF_KIND: Readonly<Record<number, number>> = {
  [PAGE_KIND.BASE]: USE.BASE, [PAGE_KIND.HEAP]: USE.HEAP, [PAGE_KIND.CATALOG]: USE.CATALOG,
  [PAGE_KIND.OVERFLOW]: USE.OVERFLOW, [PAGE_KIND.MAP]: USE.MAP,
}
const PICTURE_COLUMNS = 64
const PICTURE_ROWS = 24
const BUCKETS = 16
const BAR_COLUMNS = 40

/** The block map, what it adds up to, and the heap's fill buckets. */
export function spaceLines(db: RawDatabase): string[] {
  const uses = new Uint8Array(db.blocks).fill(USE.FREE)
  const beyond: string[] = []
  uses.fill(USE.META, 0, Math.min(2, uses.length))
  const [root, older] = db.roots
  const head = `file ${db.file.path}, ${count(db.size)} bytes, ${counted(db.blocks, 'block')} of ${BLOCK_SIZE}`
  if (root === undefined) return [head, 'no usable root, so nothing says what is free']
  claimRoot(db, root, (block, blocks, use, name) => {
    if (block < 2 || block + blocks > uses.length) beyond.push(`${name} lies outside the file: block ${block}`)
    for (let i = Math.max(2, block); i < Math.min(uses.length, block + blocks); i++) {
      uses[i] = uses[i] === USE.FREE ? use : USE.TWICE
    }
  })
  if (older !== undefined) {
    claimRoot(db, older, (block, blocks) => {
      for (let i = Math.max(2, block); i < Math.min(uses.length, block + blocks); i++) {
        if (uses[i] === USE.FREE) uses[i] = USE.WAITING
      }
    })
  }
  return [
    head, ...damageOf(root), ...beyond.slice(0, 10), '', ...picture(uses), '', ...totals(uses), ...extentLines(uses),
    '', ...bucketLines(db),
  ]
}

function damageOf(root: RawRoot): string[] {
  const lines = root.mapRoot.problem === null ? [] : [`DAMAGED map root: ${root.mapRoot.problem}`]
  root.mapPages.forEach(({ piece }, i) => {
    if (piece.problem !== null) lines.push(`DAMAGED map page ${i}: ${piece.problem}; its pages are shown as it says`)
  })
  return lines
}

type Claim = (block: number, blocks: number, use: number, name: string) => void

function claimRoot(db: RawDatabase, root: RawRoot, claim: Claim): void {
  claim(root.meta.mapRoot.block, root.meta.mapRoot.blocks, USE.MAP, 'the map root')
  root.mapPages.forEach(({ pointer }, i) => claim(pointer.block, pointer.blocks, USE.MAP, `map page ${i}`))
  for (let id = 1; id < root.meta.pageCount; id++) {
    const entry = db.entry(id, root)
    if (entry === null) return
    if (entry.blocks > 0) claim(entry.block, entry.blocks, USE_OF_KIND[entry.kind] ?? USE.OTHER, `page ${id}`)
  }
}

// One character for as many blocks as the file needs; the most frequent use of them, and trouble always.
function picture(uses: Uint8Array): string[] {
  const each = Math.max(1, Math.ceil(uses.length / (PICTURE_COLUMNS * PICTURE_ROWS)))
  const lines = [`one character is ${counted(each, 'block')}`]
  let line = ''
  for (let from = 0; from < uses.length; from += each) {
    line += SIGNS[mostOf(uses.subarray(from, from + each))]
    if (line.length < PICTURE_COLUMNS && from + each < uses.length) continue
    const first = from + each - line.length * each
    lines.push(`${String(first).padStart(9)}  ${line}`)
    line = ''
  }
  return lines
}

function mostOf(uses: Uint8Array): number {
  const counts = new Uint32Array(SIGNS.length)
  for (const use of uses) counts[use]!++
  if (counts[USE.TWICE]! > 0) return USE.TWICE
  return counts.indexOf(Math.max(...counts))
}

function totals(uses: Uint8Array): string[] {
  const counts = new Uint32Array(SIGNS.length)
  for (const use of uses) counts[use]!++
  return [...counts].flatMap((blocks, use) => blocks === 0 ? [] : [
    `${SIGNS[use]} ${NAMES[use]!.padEnd(38)} ${count(blocks).padStart(10)} blocks `
      + `${((100 * blocks) / uses.length).toFixed(1).padStart(5)} %`,
  ])
}

function extentLines(uses: Uint8Array): string[] {
  let [extents, largest, run] = [0, 0, 0]
  for (let i = 0; i <= uses.length; i++) {
    if (uses[i] === USE.FREE) run++
    else if (run > 0) {
      extents++
      largest = Math.max(largest, run)
      run = 0
    }
  }
  return [`free space: ${counted(extents, 'extent')}, the largest of ${counted(largest, 'block')}`]
}

function bucketLines(db: RawDatabase): string[] {
  const pages = new Uint32Array(BUCKETS)
  for (let id = 1; id < db.pageCount; id++) {
    const entry = db.entry(id)
    if (entry?.kind === PAGE_KIND.HEAP) pages[entry.fill & (BUCKETS - 1)]!++
  }
  const all = pages.reduce((sum, n) => sum + n, 0)
  if (all === 0) return ['heap: no pages']
  const lines = [`heap: ${counted(all, 'page')} by free space`]
  const most = Math.max(...pages)
  pages.forEach((n, bucket) => {
    if (n === 0) return
    const bar = '#'.repeat(Math.max(1, Math.round((n / most) * BAR_COLUMNS)))
    lines.push(`  ${String(bucket * 4).padStart(2)} to ${String(bucket * 4 + 4).padStart(2)} KiB  `
      + `${count(n).padStart(8)}  ${bar}`)
  })
  return lines
}
