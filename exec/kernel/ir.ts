// The kernel language. Upper level: row expressions as an interned graph of nodes, each with how its value is
// represented, whether it can be NULL and, for integers, the proven range. Lower level: a Program, a loop over
// the selected rows of a batch with statements for what to do with the values of a row. Both printers
// (javascript.ts, webassembly.ts) print the same programs.
//
//   rep     JavaScript value                       WebAssembly value
//   int     number, an integer below 2^53          i64 (booleans: i32)
//   big     number when safe, else bigint          i64 when the range fits, else not printable
//   float   number                                 f64
//   text    string                                 not printable (except through dictionary lookups)
//   bytes   Uint8Array                             not printable
//
// Ranges [lo, hi] are conservative: they hold for every row that is not NULL; a NULL row's value is garbage
// and must reach nothing that can throw or trap.
import type { SqlType } from '../../src/base/types.ts'
import { sameType } from '../../src/base/types.ts'
import type { Layout } from '../../storage/column-buffers.ts'

export type Rep = 'int' | 'big' | 'float' | 'text' | 'bytes'

/** Largest magnitude of an `int`. */
export const SAFE = 9007199254740991

export type Op =
  | 'column' | 'constant' | 'literal' | 'null' | 'lookup' | 'argument'
  | 'add' | 'sub' | 'mul' | 'quotient' | 'remainder' | 'rounded' | 'floored' | 'check'
  | 'fadd' | 'fsub' | 'fmul' | 'fdiv' | 'fneg' | 'fround' | 'tofloat' | 'fabs' | 'fsqrt' | 'ffloor' | 'fceil' | 'ftrunc'
  | 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge' | 'distinct'
  | 'and' | 'or' | 'not' | 'isnull' | 'notnull' | 'istrue'
  | 'case' | 'coalesce' | 'inset' | 'match' | 'call'

/** One value of a row. Interned: equal nodes are the same object, so printers compute each once. */
export interface Node {
  readonly id: number
  readonly op: Op
  readonly rep: Rep
  /** Boolean values 0 and 1. */
  readonly isBoolean: boolean
  readonly nullable: boolean
  readonly lo: number
  readonly hi: number
  readonly args: readonly Node[]
  /** Index of the column, constant, function or lookup table. */
  readonly slot: number
  /** literal: the value; rounded, floored: the divisor; check: index into the graph's checks; match: a MATCH kind. */
  readonly value: number
}

/** How a `match` compares the bytes of a text column with a constant: whole, at the start, at the end, anywhere. */
export const MATCH = { whole: 0, start: 1, end: 2, anywhere: 3 } as const

/** What a `check` node enforces; the type names the error. */
export interface Check { readonly type: SqlType; readonly lo: number | bigint; readonly hi: number | bigint }

/** One input column as a kernel is specialised for it. */
export interface ColumnShape {
  readonly type: SqlType
  readonly layout: Layout
  readonly nullable: boolean
  readonly coded: boolean
  /** Dictionary lookups are allowed: the dictionary is small enough and no entry made an expression fail. */
  readonly lookups: boolean
  readonly zeroBase: boolean
  readonly lo: number
  readonly hi: number
}

export type UpdateKind = 'count' | 'nulls' | 'sum' | 'min' | 'max' | 'fsum' | 'fmin' | 'fmax'

/**
 * What to do with a row. project: `store` and `gather` write at the next output position. aggregate: `update`
 * changes a slot of the row's group, `feed` gives Scalars to an accumulator object. identify: `identify`,
 * `recode` (through a table over dictionary codes), `recall` (through an id cache) and `pair` compute keys, `group`
 * reads the row's group id as a key, `assign` makes a key the group id.
 */
export type Statement =
  | { readonly do: 'store'; readonly out: number; readonly layout: Layout; readonly base: number; readonly value: Node }
  | { readonly do: 'gather'; readonly out: number; readonly column: number }
  | { readonly do: 'update'; readonly kind: UpdateKind; readonly slot: number; readonly value: Node | null
    readonly when: Node | null }
  | { readonly do: 'feed'; readonly target: number; readonly values: readonly Node[]; readonly when: Node | null }
  | { readonly do: 'identify'; readonly key: number; readonly map: number; readonly value: Node }
  | { readonly do: 'recode'; readonly key: number; readonly map: number; readonly column: number }
  | { readonly do: 'recall'; readonly key: number; readonly map: number; readonly column: number; readonly value: Node }
  | { readonly do: 'group'; readonly key: number }
  | { readonly do: 'pair'; readonly key: number; readonly map: number; readonly left: number; readonly right: number }
  | { readonly do: 'assign'; readonly key: number }

/** A row loop. 'filter' keeps the rows for which all tests are TRUE; the others run statements per row. */
export interface Program {
  readonly kind: 'filter' | 'project' | 'aggregate' | 'identify'
  readonly columns: readonly ColumnShape[]
  readonly checks: readonly Check[]
  /** filter: conjuncts in evaluation order. */
  readonly tests: readonly Node[]
  readonly statements: readonly Statement[]
  /** aggregate: how a row finds its group's slots. */
  readonly grouping: 'none' | 'ids'
  /** aggregate: bytes of one group's slots. */
  readonly stride: number
}

/** Identity of the code of a program: equal keys print equal code, on either printer. */
export function programKey(program: Program, graph: Graph): string {
  const columns = program.columns.map(({ layout, nullable, coded, zeroBase, type }) =>
    `${layout}${nullable ? 'n' : ''}${coded ? 'd' : ''}${zeroBase ? 'z' : ''}${type.kind}`)
  const statements = program.statements.map(statement =>
    JSON.stringify(statement, (name, value: Node | Node[] | null) => {
      if (name === 'value' || name === 'when') return value === null ? -1 : (value as Node).id
      return name === 'values' ? (value as Node[]).map(node => node.id) : value
    }))
  const tests = program.tests.map(test => test.id)
  const head = `${program.kind} ${program.grouping} ${program.stride} [${columns.join()}] ${tests.join()}`
  return `${head} {${statements.join()}}\n${graph.text()}`
}

/** Builds interned nodes. */
export class Graph {
  readonly checks: Check[] = []
  private readonly nodes = new Map<string, Node>()
  private readonly keys: string[] = []

  /** Interns a node; missing fields get neutral values. */
  make(op: Op, rep: Rep, args: readonly Node[], fields: Partial<Node> = {}): Node {
    if (isStrict(op, fields) && args.some(arg => arg.op === 'null')) return this.nothing(rep, fields.isBoolean)
    const nullable = fields.nullable ?? args.some(arg => arg.nullable)
    const isBoolean = fields.isBoolean ?? false
    const lo = fields.lo ?? (isBoolean ? 0 : -Infinity)
    const hi = fields.hi ?? (isBoolean ? 1 : Infinity)
    const slot = fields.slot ?? -1
    const value = fields.value ?? 0
    const ids = args.map(arg => arg.id).join()
    const key = `${op} ${rep} ${ids} ${slot} ${value} ${nullable} ${lo} ${hi} ${isBoolean}`
    const known = this.nodes.get(key)
    if (known !== undefined) return known
    const node: Node = { id: this.nodes.size, op, rep, isBoolean, nullable, lo, hi, args, slot, value }
    this.nodes.set(key, node)
    this.keys.push(key)
    return node
  }

  /** Everything the code of a program over these nodes depends on. */
  text(): string {
    const checks = this.checks.map(check => `${check.lo}..${check.hi}`)
    return `${this.keys.join('\n')}\n${checks.join()}`
  }

  /** A boolean node. */
  test(op: Op, args: readonly Node[], fields: Partial<Node> = {}): Node {
    return this.make(op, 'int', args, { ...fields, isBoolean: true })
  }

  /** An exact integer node whose representation follows from its range. */
  integer(op: Op, args: readonly Node[], lo: number, hi: number, fields: Partial<Node> = {}): Node {
    return this.make(op, isSafeRange(lo, hi) ? 'int' : 'big', args, { ...fields, lo, hi })
  }

  /** An integer written into the code: for what the types decide, never for literals of the query. */
  literal(value: number): Node {
    return this.make('literal', 'int', [], { value, lo: value, hi: value })
  }

  /** NULL of a representation. */
  nothing(rep: Rep, isBoolean = false): Node {
    return this.make('null', rep, [], { nullable: true, isBoolean, lo: 0, hi: isBoolean ? 1 : 0 })
  }

  /** Enforces a range with the error of a type; no node when the range is proven. */
  check(arg: Node, type: SqlType, lo: number | bigint, hi: number | bigint): Node {
    if (isWithin(arg, lo, hi)) return arg
    let at = this.checks.findIndex(known => known.lo === lo && known.hi === hi && sameType(known.type, type))
    if (at < 0) at = this.checks.push({ type, lo, hi }) - 1
    return this.integer('check', [arg], Math.max(arg.lo, Number(lo)), Math.min(arg.hi, Number(hi)), { value: at })
  }
}

// Operations that are NULL when an argument is, whatever the others are.
function isStrict(op: Op, fields: Partial<Node>): boolean {
  switch (op) {
    case 'and': case 'or': case 'isnull': case 'notnull': case 'istrue': case 'distinct': case 'case':
    case 'coalesce': return false
    case 'call': return fields.value === 1
    default: return true
  }
}

// Ranges are doubles, so a limit that is no double (2^63 - 1) must be cleared by a whole step.
function isWithin(arg: Node, lo: number | bigint, hi: number | bigint): boolean {
  if (typeof lo === 'number' && typeof hi === 'number') return arg.rep === 'int' && arg.lo >= lo && arg.hi <= hi
  return arg.lo > Number(lo) && arg.hi < Number(hi)
}

/** True when every integer of the range is a safe number. */
export function isSafeRange(lo: number, hi: number): boolean {
  return lo >= -SAFE && hi <= SAFE
}

/** Rounds a bound outward to a power of two, so that a few signatures cover all data. */
export function quantize(value: number, direction: 1 | -1): number {
  if (direction === -1) return value === 0 ? 0 : -quantize(-value, 1)
  if (value === 0 || !Number.isFinite(value)) return value
  if (value > 0) {
    const up = 2 ** Math.ceil(Math.log2(value + 1)) - 1
    return up >= value ? up : 2 ** (Math.ceil(Math.log2(value + 1)) + 1)
  }
  const down = 2 ** Math.floor(Math.log2(-value))
  return -down >= value ? -down : -(2 ** (Math.floor(Math.log2(-value)) - 1))
}
