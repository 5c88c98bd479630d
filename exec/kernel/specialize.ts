// Specialisation: a kernel's expressions lowered for the input signature of a batch. The signature holds,
// for the columns the kernel reads, layout, nullability, dictionary and quantised range; batches of one
// table mostly share one or two. Lookup tables follow the dictionary of each batch.
import { DatabaseError } from '../../src/base/errors.ts'
import type { Scalar } from '../../src/base/types.ts'
import { isText, physicalOf } from '../../src/base/types.ts'
import type { LinearMemory } from '../../storage/memory/linear-memory.ts'
import { LAYOUT } from '../../storage/column-buffers.ts'
import type { Expression } from '../plan/logical.ts'
import type { Batch } from '../vector/batch.ts'
import { dictionaryText } from '../vector/reader.ts'
import { readBytes } from '../vector/memory-access.ts'
import type { Vector } from '../vector/vector.ts'
import { compileEvaluator, evaluateConstant } from './evaluator.ts'
import { columnsOf } from './expression-facts.ts'
import type { ColumnShape } from './ir.ts'
import type { InputColumn, KernelEnv } from './kernel.ts'
import type { LookupSpec, LoweringEnv } from './lower.ts'
import { columnRange } from './ranges.ts'

// Evaluating a larger dictionary would cost more than the rows it serves.
const LOOKUP_ENTRIES_MAX = 32768
// The same for every value a narrow integer column may have: a row group has 65,536 rows at most.
const LOOKUP_VALUES_MAX = 8192
// A short range of rows must not pay for a large dictionary.
const ENTRIES_PER_ROW = 4

const UNUSED: ColumnShape = {
  type: { kind: 'null' }, layout: LAYOUT.U8, nullable: false, coded: false, lookups: false, zeroBase: true,
  lo: 0, hi: 0,
}

/** What lowering needs, from a kernel's environment. */
export function loweringEnv(env: KernelEnv): LoweringEnv {
  return {
    parameters: env.parameters, now: env.now, subqueries: env.subqueries,
    fold: expression => evaluateConstant(expression, env.parameters, env.now),
  }
}

/** Reads the shapes of the columns a kernel uses from batches. */
export class Signature {
  private readonly inputs: readonly InputColumn[]
  private readonly used: readonly number[]
  private readonly memory: LinearMemory
  /** Domains with an entry that makes an expression fail: rows must be evaluated one by one. */
  private readonly failed = new Set<string>()

  constructor(memory: LinearMemory, inputs: readonly InputColumn[], expressions: readonly Expression[]) {
    this.memory = memory
    this.inputs = inputs
    const used = new Set<number>()
    for (const expression of expressions) for (const column of columnsOf(expression)) used.add(column)
    this.used = [...used].sort((a, b) => a - b)
  }

  /** Forbids lookup tables over a domain. */
  fail(domain: string): void {
    this.failed.add(domain)
  }

  /** Shapes by column ordinal, and the text that identifies them. */
  read(batch: Batch): { shapes: ColumnShape[]; key: string } {
    const shapes: ColumnShape[] = new Array(this.inputs.length).fill(UNUSED)
    let key = ''
    for (const column of this.used) {
      const shape = this.shape(batch, column)
      shapes[column] = shape
      key += `${column}:${shape.layout}${shape.nullable ? 'n' : ''}${shape.coded ? 'd' : ''}`
        + `${shape.lookups ? 't' : ''}${shape.zeroBase ? 'z' : ''}${shape.lo},${shape.hi};`
    }
    return { shapes, key }
  }

  private shape(batch: Batch, column: number): ColumnShape {
    const vector = batch.columns[column]!
    const { dictionary } = vector
    const domain = domainOf(vector)
    const rows = batch.end - batch.begin
    const range = columnRange(this.memory, vector, batch.begin, batch.end)
    return {
      type: this.inputs[column]!.type, layout: vector.layout, nullable: vector.validityPtr !== 0,
      coded: dictionary !== null,
      lookups: domain !== null && !this.failed.has(domain) && domainSize(vector) <= rows * ENTRIES_PER_ROW,
      zeroBase: vector.base === 0, lo: range.lo, hi: range.hi,
    }
  }
}

/** Entries of a lookup table over a column: its dictionary, or the span of a narrow integer layout. */
function domainSize(vector: Vector): number {
  if (vector.dictionary !== null) return vector.dictionary.count <= LOOKUP_ENTRIES_MAX ? vector.dictionary.count : 0
  if (physicalOf(vector.type) !== 'int' || vector.type.kind === 'boolean' || typeof vector.base !== 'number') return 0
  if (vector.layout === LAYOUT.U8) return 256
  if (vector.layout !== LAYOUT.U16 || typeof vector.max !== 'number') return 0
  const size = vector.max - vector.base + 1
  return size <= LOOKUP_VALUES_MAX ? size : 0
}

/** Identity of a column's domain: equal domains have equal lookup tables. Null when it has no usable one. */
function domainOf(vector: Vector): string | null {
  const size = domainSize(vector)
  if (size === 0) return vector.dictionary?.count === 0 ? `d${vector.dictionary.id}` : null
  return vector.dictionary !== null ? `d${vector.dictionary.id}` : `${vector.base}/${size}`
}

/** Value of every entry of a domain under an expression; the last element is the value for NULL. */
export type LookupTable = Scalar[]

/** The lookup tables of one specialisation, following the domains of the batches. */
export class Lookups {
  readonly specs: readonly LookupSpec[]
  readonly tables: LookupTable[] = []
  /** Domain each table was made for. */
  readonly domains: string[] = []
  private readonly memory: LinearMemory
  private readonly evaluators: ((argument: Scalar) => Scalar)[]

  constructor(memory: LinearMemory, specs: readonly LookupSpec[], shapes: readonly ColumnShape[], env: LoweringEnv) {
    this.memory = memory
    this.specs = specs
    this.evaluators = specs.map(spec => compileEvaluator(spec.expression, shapes, env, spec.column))
  }

  /** Brings the tables up to date. Returns the domain with a failing entry, or null. */
  prepare(batch: Batch): string | null {
    for (let i = 0; i < this.specs.length; i++) {
      const vector = batch.columns[this.specs[i]!.column]!
      const domain = domainOf(vector)!
      if (this.domains[i] === domain) continue
      const table = this.evaluate(i, vector)
      if (table === null) return domain
      this.tables[i] = table
      this.domains[i] = domain
    }
    return null
  }

  private evaluate(spec: number, vector: Vector): LookupTable | null {
    const evaluate = this.evaluators[spec]!
    const count = domainSize(vector)
    const table: LookupTable = new Array(count + 1)
    try {
      for (let code = 0; code < count; code++) table[code] = evaluate(this.entry(vector, code))
      table[count] = evaluate(null)
    } catch (error) {
      if (error instanceof DatabaseError) return null
      throw error
    }
    return table
  }

  private entry(vector: Vector, code: number): Scalar {
    const { dictionary } = vector
    if (dictionary === null) return (vector.base as number) + code
    if (isText(vector.type)) return dictionaryText(this.memory, dictionary, code)
    const at = (dictionary.viewsPtr >>> 2) + 2 * code
    return readBytes(this.memory, this.memory.u32[at]!, this.memory.u32[at + 1]!)
  }
}
