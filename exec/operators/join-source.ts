// The running half of a join: see join.ts for what it computes. State of the probe batch in hand:
//
//   #rows[0..#count)   selected probe rows       #links[i]   row + 1 of the next candidate of probe row i
//   #at                first probe row that may still have candidates
//   #matched[i]        1 = a pair of probe row i passed (left, full, semi and anti joins)
//   #paired[row]       1 = a pair of build row `row` passed (full joins)
//
// After its pairs a batch is swept for the rows without a partner (left, full and anti joins) or with one (semi
// joins). After the last batch of a full join the build side is swept for the rows without a partner.
import type { Arena } from '../../storage/memory/arena.ts'
import { BATCH_ROWS } from '../../storage/column-buffers.ts'
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { BatchSource } from '../context.ts'
import { compileFilter } from '../kernel/compile.ts'
import type { FilterKernel } from '../kernel/kernel.ts'
import type { Expression, OutputColumn } from '../plan/logical.ts'
import type { Run } from '../run.ts'
import { aliveRows, bitmapBytes } from '../vector/batch.ts'
import type { Batch } from '../vector/batch.ts'
import { emptyVector } from '../vector/vector.ts'
import type { Vector } from '../vector/vector.ts'
import type { ColumnStore } from './column-store.ts'
import { gatherVector, unreadVector } from './gather.ts'
import { JoinTable } from './join-table.ts'
import type { JoinOperator } from './join.ts'
import { TableProbe } from './table-probe.ts'

/** The sides of a join, or of a part of it. The join releases the arena and closes the probe side. */
export interface JoinSides {
  /** Memory of the store. */
  readonly arena: Arena
  readonly store: ColumnStore
  readonly openProbe: () => BatchSource
}

/** The batches of one execution of a join. */
export class JoinSource implements BatchSource {
  readonly #run: Run
  readonly #operator: JoinOperator
  readonly #probeInput: BatchSource
  readonly #buildArena: Arena
  readonly #outArena: Arena
  readonly #store: ColumnStore
  /** null without keys: every build row is a candidate. */
  readonly #probe: TableProbe | null
  readonly #isUnique: boolean
  readonly #residual: FilterKernel | null
  readonly #probeKeys: readonly number[]
  /** Value of #matched of the rows that are swept up after the pairs; -1 = none are. */
  readonly #swept: number
  /** False for semi and anti joins: pairs only decide about rows of the left side. */
  readonly #givesPairs: boolean
  /** Both inputs' columns, over which pairs are gathered. */
  readonly #pairTypes: readonly OutputColumn[]
  readonly #probePairs = new Int32Array(BATCH_ROWS)
  readonly #buildPairs = new Int32Array(BATCH_ROWS)
  readonly #pairOwner = new Int32Array(BATCH_ROWS)
  /** Empty but for full joins. */
  readonly #paired: Uint8Array
  /** Next build row to sweep, after the end of a full join's probe side. */
  #unpaired = -1
  #batch: Batch | null = null
  #rows = new Int32Array(0)
  #links: Int32Array = new Int32Array(0)
  #matched = new Uint8Array(0)
  #count = 0
  #at = 0
  #pairs = 0
  #sweeping = false

  constructor(run: Run, operator: JoinOperator, residual: Expression | null, sides: JoinSides) {
    const { spec, children: [left, right] } = operator
    this.#run = run
    this.#operator = operator
    const keepsAll = spec.join === 'left' || spec.join === 'full'
    this.#swept = keepsAll || spec.join === 'anti' ? 0 : spec.join === 'semi' ? 1 : -1
    this.#givesPairs = spec.join !== 'semi' && spec.join !== 'anti'
    this.#pairTypes = [...left!.output.slice(0, spec.leftWidth), ...right!.output.slice(0, spec.rightWidth)]
    const buildsLeft = spec.build === 'left'
    this.#buildArena = sides.arena
    this.#outArena = run.newArena()
    this.#store = sides.store
    this.#paired = new Uint8Array(spec.join === 'full' ? this.#store.rows : 0)
    const buildKeys = buildsLeft ? spec.leftKeys : spec.rightKeys
    this.#probeKeys = buildsLeft ? spec.rightKeys : spec.leftKeys
    const probe = buildsLeft ? right! : left!
    const types = this.#probeKeys.map((k) => probe.output[k]!.type)
    const table = buildKeys.length === 0 ? null : new JoinTable(this.#store, buildKeys, this.#buildArena)
    this.#isUnique = table?.unique === true
    this.#probe = table === null ? null : new TableProbe(run.context.memory, this.#buildArena, table, types)
    this.#residual = residual === null ? null : compileFilter(residual, this.#pairTypes, run.env)
    this.#probeInput = sides.openProbe()
  }

  next(): Batch | null {
    for (;;) {
      if (this.#batch === null && !this.#nextProbe()) return this.#sweepBuild()
      this.#run.check()
      this.#pairs = 0
      if (this.#sweeping) this.#sweep()
      else this.#collectPairs()
      if (this.#pairs === 0) {
        if (this.#at >= this.#count) this.#finishPhase()
      } else {
        const out = this.#output()
        if (out !== null) return out
      }
    }
  }

  /** Takes the next probe batch and finds the first candidate of each of its rows. */
  #nextProbe(): boolean {
    if (this.#unpaired >= 0 || (this.#store.rows === 0 && this.#swept !== 0)) return false
    const batch = this.#probeInput.next()
    if (batch === null) return false
    this.#reserve(batch.windowRows)
    this.#batch = batch
    this.#count = aliveRows(this.#run.context.memory, batch, this.#rows)
    this.#at = 0
    this.#sweeping = false
    this.#matched.fill(0, 0, this.#count)
    if (this.#probe !== null) {
      this.#links = this.#probe.match(this.#probeKeys.map((k) => batch.columns[k]!), this.#rows, this.#count)
    } else {
      if (this.#links.length < this.#count) this.#links = new Int32Array(this.#rows.length)
      this.#links.fill(this.#store.rows > 0 ? 1 : 0, 0, this.#count)
    }
    if (!this.#givesPairs && this.#residual === null) this.#matchAll()
    return true
  }

  /** Without a condition every candidate is a partner: straight to the sweep. */
  #matchAll(): void {
    for (let i = 0; i < this.#count; i++) this.#matched[i] = this.#links[i] === 0 ? 0 : 1
    this.#sweeping = true
  }

  #reserve(rows: number): void {
    if (rows <= this.#rows.length) return
    const size = Math.max(BATCH_ROWS, rows)
    this.#rows = new Int32Array(size)
    this.#matched = new Uint8Array(size)
  }

  /** As #collectPairs when every row has at most one candidate. */
  #collectSingles(): void {
    const [links, rows] = [this.#links, this.#rows]
    const [probePairs, buildPairs, pairOwner] = [this.#probePairs, this.#buildPairs, this.#pairOwner]
    const end = Math.min(this.#count, this.#at + BATCH_ROWS)
    let pairs = 0
    for (let i = this.#at; i < end; i++) {
      const link = links[i]!
      if (link === 0) continue
      probePairs[pairs] = rows[i]!
      buildPairs[pairs] = link - 1
      pairOwner[pairs] = i
      pairs++
    }
    this.#at = end
    this.#pairs = pairs
  }

  /** Fills the pair arrays from the candidate chains. */
  #collectPairs(): void {
    if (this.#isUnique) return this.#collectSingles()
    const probe = this.#probe
    const links = this.#links
    let pairs = 0
    while (this.#at < this.#count && pairs < BATCH_ROWS) {
      const i = this.#at
      let link = links[i]!
      while (link !== 0 && pairs < BATCH_ROWS) {
        this.#probePairs[pairs] = this.#rows[i]!
        this.#buildPairs[pairs] = link - 1
        this.#pairOwner[pairs] = i
        pairs++
        if (probe === null) link = link < this.#store.rows ? link + 1 : 0
        else link = probe.nextMatch(i, link)
      }
      links[i] = link
      if (link === 0) this.#at++
    }
    this.#pairs = pairs
  }

  /** Fills the pair arrays with the probe rows that are output for having no partner, or one. */
  #sweep(): void {
    let pairs = 0
    while (this.#at < this.#count && pairs < BATCH_ROWS) {
      const i = this.#at++
      if (this.#matched[i] !== this.#swept) continue
      this.#probePairs[pairs] = this.#rows[i]!
      this.#buildPairs[pairs] = -1
      pairs++
    }
    this.#pairs = pairs
  }

  #finishPhase(): void {
    if (this.#swept >= 0 && !this.#sweeping) {
      this.#sweeping = true
      this.#at = 0
    } else this.#batch = null
  }

  /** Gathers the pairs; null when the residual condition drops all of them. */
  #output(): Batch | null {
    const { memory } = this.#run.context
    this.#outArena.reset()
    const out = this.#gatherPairs()
    if (this.#residual !== null && !this.#sweeping) {
      const bitmap = this.#outArena.allocate(bitmapBytes(this.#pairs))
      const alive = this.#residual.run(out, bitmap)
      if (alive === 0) return null
      if (alive < this.#pairs) out.alivePtr = bitmap
    }
    if (this.#swept >= 0 && !this.#sweeping) {
      const u8 = memory.u8
      for (let p = 0; p < this.#pairs; p++) {
        if (out.alivePtr === 0 || (u8[out.alivePtr + (p >>> 3)]! & (1 << (p & 7))) !== 0) {
          this.#mark(p)
        }
      }
      if (!this.#givesPairs) return null
    }
    return out
  }

  /** Pair `p` passed. */
  #mark(p: number): void {
    const owner = this.#pairOwner[p]!
    const { single } = this.#operator.spec
    if (single !== undefined && this.#matched[owner] === 1) {
      throw new DatabaseError(CODE.CARDINALITY, 'more than one row returned by a subquery used as an expression', {
        position: single.position,
      })
    }
    this.#matched[owner] = 1
    if (this.#paired.length > 0) this.#paired[this.#buildPairs[p]!] = 1
  }

  /** The next build rows of a full join that were in no pair, the other side NULL; null at their end. */
  #sweepBuild(): Batch | null {
    const paired = this.#paired
    let row = Math.max(0, this.#unpaired)
    let count = 0
    for (; row < paired.length && count < BATCH_ROWS; row++) {
      if (paired[row] === 0) this.#buildPairs[count++] = row
    }
    this.#unpaired = row
    if (count === 0) return null
    this.#run.check()
    this.#outArena.reset()
    const { leftWidth, wanted } = this.#operator.spec
    const { memory } = this.#run.context
    this.#probePairs.fill(-1, 0, count)
    const columns = this.#pairTypes.map(({ type }, c) => !wanted.has(c) ? unreadVector(type)
      : c < leftWidth ? gatherVector(memory, emptyVector(type), this.#probePairs, count, this.#outArena)
        : this.#store.gather(c - leftWidth, this.#buildPairs, count, this.#outArena))
    return { windowRows: count, begin: 0, end: count, alivePtr: 0, columns }
  }

  #gatherPairs(): Batch {
    const { leftWidth, rightWidth, build, wanted } = this.#operator.spec
    const count = this.#pairs
    const arena = this.#outArena
    const { memory } = this.#run.context
    const buildsLeft = build === 'left'
    const columns: Vector[] = []
    const width = this.#givesPairs || !this.#sweeping ? leftWidth + rightWidth : leftWidth
    for (let c = 0; c < width; c++) {
      const isLeft = c < leftWidth
      const at = isLeft ? c : c - leftWidth
      if (!wanted.has(c)) columns.push(unreadVector(this.#pairTypes[c]!.type))
      else if (isLeft === buildsLeft) columns.push(this.#store.gather(at, this.#buildPairs, count, arena))
      else columns.push(gatherVector(memory, this.#batch!.columns[at]!, this.#probePairs, count, arena))
    }
    return { windowRows: count, begin: 0, end: count, alivePtr: 0, columns }
  }

  close(): void {
    this.#probeInput.close()
    this.#batch = null
    this.#run.releaseArena(this.#buildArena)
    this.#run.releaseArena(this.#outArena)
  }
}
