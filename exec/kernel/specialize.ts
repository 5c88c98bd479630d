// Specialisation: a kernel's expressions lowered for the input signature of a batch. The signature holds,
// for the columns the kernel reads, layout, nullability, dictionary and quantised range; batches of one
// table mostly share one or two. Lookup tables follow the dictionary of each batch.
import { DatabaseError } from '../../src/base/errors.ts'
import type { Scalar } from '../../src/base/types.ts'
import { isText } from '../../src/base/types.ts'
import type { LinearMemory } from '../../storage/memory/linear-memory.ts'
import { LAYOUT } from '../../storage/column-buffers.ts'
import type { Dictionary } from '../../storage/column-buffers.ts'
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

const UNUSED: ColumnShape = {
  type: { kind: 'null' }, layout: LAYOUT.U8, nullable: false, coded: false, lookups: false, zeroBase: true, lo: 0, hi: 0,
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
  /** Dictionaries with an entry that makes an expression fail: rows must be evaluated one by one. */
  private readonly failed = new Set<number>()

  constructor(memory: LinearMemory, inputs: readonly InputColumn[], expressions: readonly Expression[]) {
    this.memory = memory
    this.inputs = inputs
    const used = new Set<number>()
    for (const expression of expressions) for (const column of columnsOf(expression)) used.add(column)
    this.used = [...used].sort((a, b) => a - b)
  }

  /** Forbids lookup tables over a dictionary. */
  fail(dictionary: Dictionary): void {
    this.failed.add(dictionary.id)
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
    const range = columnRange(this.memory, vector, batch.begin, batch.end)
    return {
      type: this.inputs[column]!.type, layout: vector.layout, nullable: vector.validityPtr !== 0,
      coded: dictionary !== null,
      lookups: dictionary !== null && dictionary.count <= LOOKUP_ENTRIES_MAX && !this.failed.has(dictionary.id),
      zeroBase: vector.base === 0, lo: range.lo, hi: range.hi,
    }
  }
}

/** Value of every entry of a dictionary under an expression; the last element is the value for NULL. */
export type LookupTable = Scalar[]

/** The lookup tables of one specialisation, following the dictionaries of the batches. */
export class Lookups {
  readonly specs: readonly LookupSpec[]
  readonly tables: LookupTable[] = []
  /** Dictionary each table was made for. */
  readonly ids: number[] = []
  private readonly memory: LinearMemory
  private readonly evaluators: ((argument: Scalar) => Scalar)[]

  constructor(memory: LinearMemory, specs: readonly LookupSpec[], shapes: readonly ColumnShape[], env: LoweringEnv) {
    this.memory = memory
    this.specs = specs
    this.evaluators = specs.map(spec => compileEvaluator(spec.expression, shapes, env, spec.column))
  }

  /** Brings the tables up to date. Returns the dictionary with a failing entry, or null. */
  prepare(batch: Batch): Dictionary | null {
    for (let i = 0; i < this.specs.length; i++) {
      const vector = batch.columns[this.specs[i]!.column]!
      const dictionary = vector.dictionary!
      if (this.ids[i] === dictionary.id) continue
      const table = this.evaluate(i, vector, dictionary)
      if (table === null) return dictionary
      this.tables[i] = table
      this.ids[i] = dictionary.id
    }
    return null
  }

  private evaluate(spec: number, vector: Vector, dictionary: Dictionary): LookupTable | null {
    const evaluate = this.evaluators[spec]!
    const table: LookupTable = new Array(dictionary.count + 1)
    try {
      for (let code = 0; code < dictionary.count; code++) {
        table[code] = evaluate(this.entry(vector, dictionary, code))
      }
      table[dictionary.count] = evaluate(null)
    } catch (error) {
      if (error instanceof DatabaseError) return null
      throw error
    }
    return table
  }

  private entry(vector: Vector, dictionary: Dictionary, code: number): Scalar {
    if (isText(vector.type)) return dictionaryText(this.memory, dictionary, code)
    const at = (dictionary.viewsPtr >>> 2) + 2 * code
    return readBytes(this.memory, this.memory.u32[at]!, this.memory.u32[at + 1]!)
  }
}
