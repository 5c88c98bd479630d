// What is wrong with a file that does not open: copies of the meta slots, map, pages and log, each judged alone. For
// files that open, the engine's own check knows more (storage/verify.ts).
import { BLOCK_SIZE } from '../../../storage/page/page-map.ts'
import type { Problem } from '../../../storage/mod.ts'
import type { RawDatabase } from './raw-database.ts'
import { readGroupMeta, readTables } from './raw-table.ts'

/** Violations that can be seen without the engine. */
export function rawProblems(db: RawDatabase): Problem[] {
  const problems: Problem[] = []
  db.slots.forEach((copies, slot) => {
    const offset = slot * BLOCK_SIZE
    if (copies === null) problems.push({ message: `violates F1: meta slot ${slot} is missing`, rule: 'F1', offset })
    copies?.forEach((copy, i) => {
      if (copy.isWhole) return
      const what = copy.hasMagic ? 'its checksum does not hold' : 'it has no magic'
      const at = offset + i * (BLOCK_SIZE / 2)
      problems.push({ message: `violates F1: meta slot ${slot} copy ${i}: ${what}`, rule: 'F1', offset: at })
    })
  })
  if (db.root === null) return problems
  const { meta, mapRoot, mapPages } = db.root
  const f3 = (message: string, block: number, page?: number): void => {
    const place = { offset: block * BLOCK_SIZE, ...(page === undefined ? {} : { page }) }
    problems.push({ message: `violates F3: ${message}`, rule: 'F3', ...place })
  }
  if (mapRoot.problem !== null) f3(`the map root: ${mapRoot.problem}`, meta.mapRoot.block)
  mapPages.forEach(({ pointer, piece }, i) => {
    if (piece.problem !== null) f3(`map page ${i}: ${piece.problem}`, pointer.block)
  })
  for (let id = 1; id < meta.pageCount; id++) {
    const entry = db.entry(id)
    const page = entry === null || entry.blocks === 0 ? null : db.page(id)
    if (page?.problem != null) f3(`page ${id}: ${page.problem}`, entry!.block, id)
  }
  return [...problems, ...tableProblems(db)]
}

function tableProblems(db: RawDatabase): Problem[] {
  const { problem } = db.catalog()
  const found: Problem[] = problem === null ? [] : [{ message: problem }]
  for (const table of readTables(db)) {
    const name = table.schema.name
    const page = table.rootPage
    if (table.problem !== null) found.push({ message: `table root: ${table.problem}`, table: name, page })
    for (const group of table.groups) {
      const { problem: broken } = readGroupMeta(table, group)
      if (broken !== null) found.push({ message: `row group: ${broken}`, table: name, page: group.firstPage })
    }
  }
  return found
}
