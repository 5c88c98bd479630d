// `secantdb inspect` on a small database with every kind of page, as it is and damaged in every way: it shows what is
// there, names the copy, page or record whose checksum fails, and never ends in anything but lines of text.
import { beforeAll, describe, expect, test } from 'vitest'
import { inspectLines } from '../../src/cli/inspect.ts'
import { Random } from '../../src/base/random.ts'
import type { MemoryFileSystem } from '../../storage/file/memory-file.ts'
import { DAMAGED_PATH, copyFiles, makeSmallDatabase, readFile, writeFile } from './small-database.ts'

const WAL = `${DAMAGED_PATH}-wal`
const BLOCK = 4096
const VIEWS: readonly (readonly [string, string?])[] = [
  ['meta'], ['wal'], ['freespace'], ['index', 'item'], ['groups', 'item'], ['groups', 'word'], ['index', 'word'],
  ['index', 'nothing'], ['groups', 'nothing'],
]

let healthy: MemoryFileSystem
let bytes: Uint8Array

beforeAll(async () => {
  healthy = await makeSmallDatabase()
  bytes = readFile(healthy, DAMAGED_PATH)
})

async function text(files: MemoryFileSystem, what: string, which?: string): Promise<string> {
  return (await inspectLines(files, DAMAGED_PATH, what, which)).join('\n')
}

/** Number of pages the newest root has entries for. */
async function pageCount(files: MemoryFileSystem): Promise<number> {
  return Number(/ pages +(\d+)/.exec(await text(files, 'meta'))?.[1] ?? 1)
}

/** All views of a file, pages included. */
async function everything(files: MemoryFileSystem): Promise<string> {
  const shown: string[] = []
  for (const [what, which] of VIEWS) shown.push(await text(files, what, which))
  for (let page = 1; page < Math.min(80, await pageCount(healthy)); page++) {
    try {
      shown.push(await text(files, 'page', String(page)))
    } catch (error) {
      expect((error as { code?: string }).code).toBe('22023')
    }
  }
  return shown.join('\n')
}

describe('a healthy file', () => {
  test('nothing is said to be damaged', async () => {
    const shown = await everything(healthy)
    for (const word of ['DAMAGED', 'DOES NOT HOLD', 'claimed twice', 'violates', 'not readable', 'bytes end here']) {
      expect(shown).not.toContain(word)
    }
  })

  test('meta: both slots, field by field', async () => {
    const shown = await text(healthy, 'meta')
    expect(shown).toMatch(/^file d\.sdb, \d+ bytes, \d+ blocks of 4096$/m)
    expect(shown).toMatch(/^slot [01] copy 0: whole, epoch \d+ \(root\)$/m)
    expect(shown).toMatch(/^000000  53 65 63 61 6e 74 44 42 {26}magic {14}"SecantDB"$/m)
    expect(shown).toMatch(/^0000(40|00) .*redo LSN +\d+$/m)
    expect(shown).toMatch(/^ {2}the same bytes as copy 0$/m)
    expect(shown).toMatch(/checksum +[0-9a-f]{8} holds$/m)
    expect(shown).toMatch(/^tables: item \(id 1, root page \d+\), word \(id 2, root page \d+\)$/m)
  })

  test('pages of every kind', async () => {
    const shown = await everything(healthy)
    expect(shown).toMatch(/slot \d+ +offset \d+, \d+ bytes: commit 3, \(1\d*, .*kind \d/)
    expect(shown).toMatch(/offset \d+, \d+ bytes: commit 3, tombstone of \(3\)/)
    expect(shown).toMatch(/commit 3, \d+ bytes in overflow pages from page \d+ on/)
    expect(shown).toMatch(/next page +none, the last/)
    expect(shown).toMatch(/"CATL"[\s\S]*schema +\{"name":"item"/)
    expect(shown).toMatch(/"ROOT"[\s\S]*row groups +4/)
    expect(shown).toMatch(/table item, row group 0 \(51 rows\), page 1 of 1: bytes 0 to \d+ of its stream/)
    expect(shown).toMatch(/^[0-9a-f]{6} {2}column "exact": plain values, 16 bytes each$/m)
  })

  test('the log: records with their keys, and why it stops', async () => {
    const shown = await text(healthy, 'wal')
    expect(shown).toMatch(/recovery starts at LSN \d+, after commit 3/)
    expect(shown).toMatch(/LSN \d+: (insert|update), transaction \d+, table 1 item, key \(35\), \d+ bytes, checksum/)
    expect(shown).toMatch(/delete, transaction \d+, table 2 word, key \('a shared prefix 3', 3\)/)
    expect(shown).toMatch(/commit, transaction \d+, commit 4( at \d{4}-[^,]+)?, /)
    expect(shown).toMatch(/the log stops: (zeros, nothing was written here|the segment is full)$/m)
  })

  test('groups and index of a table', async () => {
    const groups = await text(healthy, 'groups', 'item')
    expect(groups).toMatch(/^table item \(id 1\): root at page \d+, \d+ bytes; 4 row groups, 191 rows with the delta$/m)
    expect(groups).toMatch(/^group 0: 51 rows, 18 dead, keys \(0\) to \(150\), page \d+, /m)
    expect(groups).toMatch(/^ {2}id +narrow +u8 +base 0 +0 +0 … 150$/m)
    expect(groups).toMatch(/^ {2}kind +dictionary +u8 +1 entries +0 +'kind 0' … 'kind 0'$/m)
    const index = await text(healthy, 'index', 'item')
    expect(index).toMatch(/^learned index of item: learned, 200 keys in 4 row groups$/m)
    expect(index).toMatch(/[⠁-⣿]/)
    expect(index).toMatch(/^group 0 segment 0: from key 0, row [-\d.]+ \+ 0\.333\d* per key$/m)
    expect(await text(healthy, 'groups', 'itme')).toMatch(/^table itme: not found in the pages\..*item/)
  })

  test('free space adds up to the file', async () => {
    const shown = await text(healthy, 'freespace')
    const blocks = [...shown.matchAll(/^. .{38} +(\d+) blocks/gm)].map((line) => Number(line[1]))
    expect(blocks.reduce((sum, n) => sum + n, 0)).toBe(Math.ceil(bytes.length / BLOCK))
    expect(shown).toMatch(/^ {8}0 {2}XX/m)
    expect(shown).toMatch(/^heap: \d+ pages? by free space$/m)
  })

  test('wrong arguments', async () => {
    await expect(text(healthy, 'page', '0')).rejects.toMatchObject({ code: '22023' })
    await expect(text(healthy, 'page', 'x')).rejects.toMatchObject({ code: '22023' })
    await expect(text(healthy, 'constructor')).rejects.toThrow('inspect shows meta')
    await expect(text(healthy, 'groups')).rejects.toThrow('needs a table name')
  })
})

describe('damaged files are shown', () => {
  const damaged = (change: (copy: Uint8Array) => Uint8Array | void): MemoryFileSystem => {
    const files = copyFiles(healthy)
    const copy = bytes.slice()
    writeFile(files, DAMAGED_PATH, change(copy) ?? copy)
    return files
  }

  test('a flipped bit in a meta slot names the copy and both checksums', async () => {
    const shown = await text(damaged((copy) => void (copy[BLOCK + 2048 + 70]! ^= 1)), 'meta')
    expect(shown).toMatch(/^slot 1 copy 1: damaged, the checksum does not hold$/m)
    expect(shown).toMatch(/checksum +[0-9a-f]{8} DOES NOT HOLD: the bytes give [0-9a-f]{8}/)
  })

  test('a flipped bit in a page is found by its page', async () => {
    let found = 0
    const pages = await pageCount(healthy)
    for (let page = 1; page < pages; page++) {
      const shown = await text(healthy, 'page', String(page))
      const at = Number(/\(offset (\d+)\)/.exec(shown)?.[1] ?? 0)
      if (at === 0) continue
      const files = damaged((copy) => void (copy[at + 50]! ^= 8))
      expect(await text(files, 'page', String(page))).toMatch(/DAMAGED: checksum \w{8} does not hold: the bytes give/)
      found++
    }
    expect(found).toBeGreaterThan(5)
  })

  test('bits, blocks and ends', async () => {
    const random = new Random(11)
    for (let i = 0; i < 48; i++) {
      const files = damaged((copy) => {
        const at = random.below(copy.length)
        const block = Math.floor(at / BLOCK) * BLOCK
        switch (i % 4) {
          case 0: copy[i % 8 === 0 ? random.below(2 * BLOCK) : at]! ^= 1 << random.below(8); return
          case 1: copy.fill(random.pick([0, 255]), block, block + BLOCK); return
          case 2: copy.copyWithin(block, random.below(copy.length - BLOCK)); return
          default: return copy.slice(0, random.pick([0, 1, BLOCK, 2 * BLOCK, 3 * BLOCK, at]))
        }
      })
      expect((await everything(files)).length).toBeGreaterThan(100)
    }
  })

  test('what is not a database', async () => {
    const random = new Random(12)
    const garbage = Uint8Array.from({ length: 50_000 }, () => random.below(256))
    for (const content of [garbage, Buffer.from('PAR1 and some more'), new Uint8Array(9000), new Uint8Array(0)]) {
      expect(await everything(damaged(() => content))).toContain('no usable root')
    }
    const later = damaged((copy) => {
      for (let at = 0; at < 2 * BLOCK; at += 2048) copy[at + 8] = 200
    })
    expect(await everything(later)).toContain('no usable root')
  })

  test('a map whose entries lie', async () => {
    const random = new Random(13)
    const root = /root, epoch \d+: map root at block (\d+)/.exec(await text(healthy, 'meta'))!
    const part = /map page 0: block (\d+)/.exec(await text(healthy, 'meta'))!
    for (let i = 0; i < 24; i++) {
      const block = Number((i % 2 === 0 ? root : part)[1])
      const at = block * BLOCK + random.below(i % 2 === 0 ? 16 : 400)
      const files = damaged((copy) => void (copy[at]! ^= random.between(1, 255)))
      expect(await everything(files)).toContain('DAMAGED')
    }
  })

  test('the log', async () => {
    const random = new Random(14)
    const names = healthy.list(WAL).map((name) => `${WAL}/${name}`)
    let strays = 0
    for (let i = 0; i < 100; i++) {
      const files = copyFiles(healthy)
      const name = random.pick(names)
      const log = readFile(files, name)
      const used = log.findLastIndex((byte) => byte !== 0) + 1
      if (i % 10 === 9) writeFile(files, name, log.slice(0, random.below(used)))
      else {
        log[i % 3 === 0 ? random.below(64) : random.below(used)]! ^= 1 << random.below(8)
        writeFile(files, name, log)
      }
      const shown = await text(files, 'wal')
      expect(shown).toMatch(/the log stops|records are not read|bytes end here/)
      if (shown.includes('a valid record of this segment follows')) strays++
    }
    expect(strays).toBeGreaterThan(20)
    const without = copyFiles(healthy)
    for (const name of names) without.unlink(name)
    expect(await text(without, 'wal')).toContain('0 segments')
  })
})
