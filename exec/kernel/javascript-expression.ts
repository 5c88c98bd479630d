// Expressions of the kernel language as JavaScript: each node becomes a variable v<id> and, when it can be
// NULL, a condition or a variable n<id>. A node that cannot throw is computed without looking at NULLs; one
// that can is guarded by them. Values first needed inside a branch are declared inside it (scopes).
import { LAYOUT } from '../../storage/column-buffers.ts'
import type { ColumnShape, Node, Rep } from './ir.ts'

/** Where a printed value is: both are side-effect free expressions; isNull is '' when it never is. */
export interface Printed { readonly value: string; readonly isNull: string }

const DEFAULTS: Record<Rep, string> = { int: '0', big: '0', float: '0', text: "''", bytes: 'H.noBytes' }
const TWO32 = 4294967296
const THROWING = new Set(['quotient', 'remainder', 'check', 'fadd', 'fsub', 'fmul', 'fdiv', 'call', 'rounded'])

const pureness = new WeakMap<Node, boolean>()

/** True when computing the node can neither throw nor cost much: no guard is needed. */
export function isPure(node: Node): boolean {
  const known = pureness.get(node)
  if (known !== undefined) return known
  const isText = node.rep === 'text' || node.rep === 'bytes'
  if (node.op === 'match') return true
  if (node.op === 'lookup') return !isText && node.rep !== 'big'
  const self = !THROWING.has(node.op) && node.rep !== 'big' && !isText && node.op !== 'case' && node.op !== 'coalesce'
  const pure = self && node.args.every(isPure)
  pureness.set(node, pure)
  return pure
}

/** Prints nodes of one row into lines of the loop body. */
export class JavaScriptExpressions {
  /** Lines of the factory, run once per kernel. */
  readonly factoryLines: string[] = []
  /** Lines before the row loop. */
  readonly prologue: string[] = []
  private readonly columns: readonly ColumnShape[]
  private lines: string[] = []
  private readonly scopes: Map<Node, Printed>[] = [new Map()]
  private readonly declared = new Set<string>()

  constructor(columns: readonly ColumnShape[]) {
    this.columns = columns
  }

  line(text: string): void {
    if (text !== '') this.lines.push(text)
  }

  /** The body printed so far; starts a new one. */
  takeBody(): string {
    const body = this.lines.join('\n')
    this.lines = []
    return body
  }

  /** Runs `print` in a branch that is entered when `when` is TRUE (always when null). */
  guarded(when: Node | null, print: () => void): void {
    if (when === null) {
      print()
      return
    }
    const { value, isNull } = this.print(when)
    this.line(`if (${isNull === '' ? '' : `!${isNull} && `}${value} === 1) {`)
    this.scoped(print)
    this.line('}')
  }

  private scoped(print: () => void): void {
    this.scopes.push(new Map())
    print()
    this.scopes.pop()
  }

  /** The value as a Scalar: null when NULL. */
  scalar(node: Node): string {
    const { value, isNull } = this.print(node)
    return isNull === '' ? value : isNull === 'true' ? 'null' : `(${isNull} ? null : ${value})`
  }

  /** Makes sure the node's value is computed here and says where it is. */
  print(node: Node): Printed {
    for (const scope of this.scopes) {
      const known = scope.get(node)
      if (known !== undefined) return known
    }
    const printed = this.printNew(node)
    this.scopes[this.scopes.length - 1]!.set(node, printed)
    return printed
  }

  private printNew(node: Node): Printed {
    switch (node.op) {
      case 'null': return { value: DEFAULTS[node.rep], isNull: 'true' }
      case 'literal': return { value: node.value < 0 ? `(${node.value})` : `${node.value}`, isNull: '' }
      case 'constant': return { value: this.constantName(node.slot), isNull: '' }
      case 'argument': return { value: 'argument', isNull: '(argument === null)' }
      case 'column': return this.printColumn(node)
      case 'lookup': return this.printLookup(node)
      case 'and': case 'or': return this.printConnective(node)
      case 'isnull': case 'notnull': return this.printNullTest(node)
      case 'istrue': return this.printIsTrue(node)
      case 'distinct': return this.printDistinct(node)
      case 'case': return this.printCase(node)
      case 'coalesce': return this.printCoalesce(node)
      case 'inset': return this.printInSet(node)
      case 'match': return this.printMatch(node)
      case 'call': return this.printCall(node)
      default: return this.printStrict(node)
    }
  }

  private once(name: string, line: string, target: string[]): string {
    if (!this.declared.has(name)) {
      this.declared.add(name)
      target.push(line)
    }
    return name
  }

  private constantName(slot: number): string {
    return this.once(`k${slot}`, `const k${slot} = K[${slot}]`, this.prologue)
  }

  /** Index of a column's first value in the view of its layout (a byte address for U8 and I128). */
  columnPointer(column: number): string {
    const shift = [0, 1, 2, 2, 2, 8, 0, 2][this.columns[column]!.layout]!
    const pointer = `C[${column}].valuesPtr`
    const index = shift === 8 ? `${pointer} / 8` : shift === 0 ? pointer : `${pointer} >>> ${shift}`
    return this.once(`p${column}`, `const p${column} = ${index}`, this.prologue)
  }

  /** Condition under which a row of a nullable column is NULL. */
  columnNull(column: number): string {
    const pointer = this.once(`w${column}`, `const w${column} = C[${column}].validityPtr`, this.prologue)
    return `(U8[${pointer} + (row >>> 3)] >> (row & 7) & 1) === 0`
  }

  private printColumn(node: Node): Printed {
    const shape = this.columns[node.slot]!
    const name = `v${node.id}`
    const isNull = shape.nullable ? this.declareNull(node, this.columnNull(node.slot)) : ''
    const source = this.columnSource(node, shape)
    const needsGuard = isNull !== '' && (node.rep === 'text' || node.rep === 'bytes')
    const guarded = needsGuard ? `${isNull} ? ${DEFAULTS[node.rep]} : ${source}` : source
    this.line(`const ${name} = ${guarded}`)
    return { value: name, isNull }
  }

  private declareNull(node: Node, condition: string): string {
    this.line(`const n${node.id} = ${condition}`)
    return `n${node.id}`
  }

  private columnSource(node: Node, shape: ColumnShape): string {
    const p = this.columnPointer(node.slot)
    if (shape.coded) return this.codedSource(node, shape)
    switch (shape.layout) {
      case LAYOUT.U8: return this.rebased(node, shape, `U8[${p} + row]`)
      case LAYOUT.U16: return this.rebased(node, shape, `U16[${p} + row]`)
      case LAYOUT.U32: return this.rebased(node, shape, `U32[${p} + row]`)
      case LAYOUT.I64:
        return node.rep === 'int' ? `I32[${p} + 2 * row + 1] * ${TWO32} + U32[${p} + 2 * row]`
          : `H.read64((${p} << 2 >>> 0) + 8 * row)`
      case LAYOUT.F32: return `F32[${p} + row]`
      case LAYOUT.F64: return `F64[${p} + row]`
      case LAYOUT.I128:
        return node.rep === 'int' ? `I32[(${p} >>> 2) + 4 * row + 1] * ${TWO32} + U32[(${p} >>> 2) + 4 * row]`
          : `H.read128(${p} + 16 * row)`
      default: return `H.${node.rep}(U32[${p} + 2 * row], U32[${p} + 2 * row + 1])`
    }
  }

  private rebased(node: Node, shape: ColumnShape, offset: string): string {
    if (shape.zeroBase) return offset
    const base = this.once(`b${node.slot}`, `const b${node.slot} = C[${node.slot}].base`, this.prologue)
    return node.rep === 'int' ? `${offset} + ${base}` : `H.add(${offset}, ${base})`
  }

  /** Dictionary code of the row. */
  codeOf(column: number): string {
    const view = ['U8', 'U16', 'U32'][this.columns[column]!.layout]!
    return `${view}[${this.columnPointer(column)} + row]`
  }

  private codedSource(node: Node, shape: ColumnShape): string {
    const code = this.codeOf(node.slot)
    if (node.rep !== 'text') return `H.codedBytes(C[${node.slot}], ${code})`
    const strings = this.once(`s${node.slot}`, `const s${node.slot} = H.strings(C[${node.slot}])`, this.prologue)
    return `(${strings}[${code}] ?? H.decode(C[${node.slot}], ${code}))`
  }

  private printLookup(node: Node): Printed {
    const column = node.args[0]!.slot
    const table = this.once(`t${node.slot}`, `const t${node.slot} = T[${node.slot}]`, this.prologue)
    const name = `v${node.id}`
    const code = this.codeOf(column)
    const index = this.columns[column]!.nullable ? `${this.columnNull(column)} ? ${table}.length - 1 : ${code}` : code
    this.line(`const ${name} = ${table}[${index}]`)
    return { value: name, isNull: `(${name} === null)` }
  }

  private printStrict(node: Node): Printed {
    const args = node.args.map(arg => this.print(arg))
    const nulls = [...new Set(args.map(arg => arg.isNull).filter(text => text !== ''))]
    if (nulls.includes('true')) return { value: DEFAULTS[node.rep], isNull: 'true' }
    const isNull = nulls.length === 0 ? '' : nulls.length === 1 ? nulls[0]! : this.declareNull(node, nulls.join(' || '))
    const name = `v${node.id}`
    const values = args.map(arg => arg.value)
    if (isNull === '' || isPure(node)) {
      this.line(`const ${name} = ${strictSource(node, values)}`)
      this.checkAfter(node, name, values)
    } else {
      this.line(`let ${name} = ${DEFAULTS[node.rep]}`)
      this.line(`if (!${isNull}) {`)
      this.line(`${name} = ${strictSource(node, values)}`)
      this.checkAfter(node, name, values)
      this.line('}')
    }
    return { value: name, isNull }
  }

  // Errors are thrown by helpers, so that the code of the loop stays small.
  private checkAfter(node: Node, name: string, args: readonly string[]): void {
    const all = [name, ...args].join(', ')
    switch (node.op) {
      case 'check':
        this.once(`e${node.value}`, `const e${node.value} = E[${node.value}]`, this.factoryLines)
        this.line(`if (${name} < e${node.value}.lo || ${name} > e${node.value}.hi) H.overflow(e${node.value}, ${name})`)
        break
      // x - x is not 0 for infinities and NaN only.
      case 'fadd': case 'fsub': this.line(`if (${name} - ${name} !== 0) H.checkSum(${all})`); break
      case 'fmul': this.line(`if (${name} - ${name} !== 0 || ${name} === 0) H.checkProduct(${all})`); break
      case 'fdiv':
        if (node.value !== 2) this.line(`if (${name} - ${name} !== 0 || ${name} === 0) H.checkQuotient(${all})`)
        break
    }
  }

  private printConnective(node: Node): Printed {
    const isAnd = node.op === 'and'
    if (node.args.every(arg => isPure(arg) && !arg.nullable)) {
      const values = node.args.map(arg => this.print(arg).value)
      this.line(`const v${node.id} = ${values.join(isAnd ? ' & ' : ' | ')}`)
      return { value: `v${node.id}`, isNull: '' }
    }
    const [name, flag] = [`v${node.id}`, `n${node.id}`]
    const [neutral, decided] = isAnd ? [1, 0] : [0, 1]
    this.line(`let ${name} = ${neutral}${node.nullable ? `, ${flag} = false` : ''}`)
    let depth = 0
    node.args.forEach((arg, i) => {
      const { value, isNull } = this.print(arg)
      if (isNull === '') this.line(`if (${value} === ${decided}) ${name} = ${decided}`)
      else this.line(`if (${isNull}) ${flag} = true; else if (${value} === ${decided}) ${name} = ${decided}`)
      if (i === node.args.length - 1) return
      this.line(`if (${name} === ${neutral}) {`)
      this.scopes.push(new Map())
      depth++
    })
    for (; depth > 0; depth--) {
      this.scopes.pop()
      this.line('}')
    }
    if (!node.nullable) return { value: name, isNull: '' }
    this.line(`${flag} = ${flag} && ${name} === ${neutral}`)
    return { value: name, isNull: flag }
  }

  private printNullTest(node: Node): Printed {
    const arg = node.args[0]!
    const isNull = arg.op === 'column' && this.columns[arg.slot]!.nullable ? this.columnNull(arg.slot)
      : arg.nullable ? this.print(arg).isNull : ''
    if (isNull === '' || isNull === 'true') {
      return { value: (isNull === 'true') === (node.op === 'isnull') ? '1' : '0', isNull: '' }
    }
    const [yes, no] = node.op === 'isnull' ? [1, 0] : [0, 1]
    this.line(`const v${node.id} = ${isNull} ? ${yes} : ${no}`)
    return { value: `v${node.id}`, isNull: '' }
  }

  private printIsTrue(node: Node): Printed {
    const { value, isNull } = this.print(node.args[0]!)
    if (isNull === '') return { value, isNull }
    this.line(`const v${node.id} = ${isNull} ? 0 : ${value}`)
    return { value: `v${node.id}`, isNull: '' }
  }

  private printDistinct(node: Node): Printed {
    const left = this.print(node.args[0]!).isNull || 'false'
    const right = this.print(node.args[1]!).isNull || 'false'
    const differ = this.print(node.args[2]!).value
    this.line(`const v${node.id} = (${left}) !== (${right}) || !(${left}) && ${differ} === 1 ? 1 : 0`)
    return { value: `v${node.id}`, isNull: '' }
  }

  private assign(node: Node, source: Node): void {
    const { value, isNull } = this.print(source)
    this.line(`v${node.id} = ${value}`)
    if (node.nullable) this.line(`n${node.id} = ${isNull === '' ? 'false' : isNull}`)
  }

  private printCase(node: Node): Printed {
    this.line(`let v${node.id} = ${DEFAULTS[node.rep]}${node.nullable ? `, n${node.id} = true` : ''}`)
    const branches = (node.args.length - 1) / 2
    for (let i = 0; i < branches; i++) {
      const { value, isNull } = this.print(node.args[2 * i]!)
      this.line(`if (${isNull === '' ? '' : `!${isNull} && `}${value} === 1) {`)
      this.scoped(() => this.assign(node, node.args[2 * i + 1]!))
      this.line('} else {')
      this.scopes.push(new Map())
    }
    this.assign(node, node.args[node.args.length - 1]!)
    for (let i = 0; i < branches; i++) {
      this.scopes.pop()
      this.line('}')
    }
    return { value: `v${node.id}`, isNull: node.nullable ? `n${node.id}` : '' }
  }

  private printCoalesce(node: Node): Printed {
    this.line(`let v${node.id} = ${DEFAULTS[node.rep]}, n${node.id} = true`)
    let depth = 0
    for (const arg of node.args) {
      const { value, isNull } = this.print(arg)
      this.line(`v${node.id} = ${value}`)
      this.line(`n${node.id} = ${isNull === '' ? 'false' : isNull}`)
      this.line(`if (n${node.id}) {`)
      this.scopes.push(new Map())
      depth++
    }
    for (; depth > 0; depth--) {
      this.scopes.pop()
      this.line('}')
    }
    return { value: `v${node.id}`, isNull: node.nullable ? `n${node.id}` : '' }
  }

  private printInSet(node: Node): Printed {
    const { value, isNull } = this.print(node.args[0]!)
    const set = this.constantName(node.slot)
    const guard = isNull === '' ? '' : `!${isNull} && `
    this.line(`const v${node.id} = ${guard}${set}.has(${value}) ? 1 : 0`)
    if (node.value === 0) return { value: `v${node.id}`, isNull }
    return { value: `v${node.id}`, isNull: `(v${node.id} === 0)` }
  }

  private printMatch(node: Node): Printed {
    const { slot } = node.args[0]!
    const isNull = this.columns[slot]!.nullable ? this.declareNull(node, this.columnNull(slot)) : ''
    const p = this.columnPointer(slot)
    const view = `U32[${p} + 2 * row], U32[${p} + 2 * row + 1]`
    const call = `H.match(${view}, ${this.constantName(node.slot)}, ${node.value})`
    this.line(`const v${node.id} = ${isNull === '' ? call : `${isNull} ? 0 : ${call}`}`)
    return { value: `v${node.id}`, isNull }
  }

  private printCall(node: Node): Printed {
    const run = this.once(`f${node.slot}`, `const f${node.slot} = F[${node.slot}]`, this.factoryLines)
    const name = `v${node.id}`
    if (node.value === 0) {
      const values = node.args.map(arg => this.scalar(arg))
      this.line(`const ${name} = ${run}(${values.join(', ')})`)
      return { value: name, isNull: `(${name} === null)` }
    }
    const args = node.args.map(arg => this.print(arg))
    const nulls = [...new Set(args.map(arg => arg.isNull).filter(text => text !== ''))]
    const call = `${run}(${args.map(arg => arg.value).join(', ')})`
    this.line(`const ${name} = ${nulls.length === 0 ? call : `${nulls.join(' || ')} ? null : ${call}`}`)
    return { value: name, isNull: `(${name} === null)` }
  }
}

/** The operation itself, on arguments known not to be NULL (or whose garbage cannot hurt). */
function strictSource(node: Node, args: readonly string[]): string {
  const [a, b] = args as [string, string]
  const isBig = node.rep === 'big' || node.args.some(arg => arg.rep === 'big')
  switch (node.op) {
    case 'add': return isBig ? `H.add(${a}, ${b})` : `${a} + ${b}`
    case 'sub': return isBig ? `H.sub(${a}, ${b})` : `${a} - ${b}`
    case 'mul': return isBig ? `H.mul(${a}, ${b})` : `${a} * ${b}`
    case 'quotient': return isBig ? `H.bigQuotient(${a}, ${b})` : `H.quotient(${a}, ${b})`
    case 'remainder': return isBig ? `H.bigRemainder(${a}, ${b})` : `H.remainder(${a}, ${b})`
    case 'rounded': return isBig ? `H.bigRounded(${a}, ${node.value})` : `H.rounded(${a}, ${node.value})`
    case 'floored': return `Math.floor(${a} / ${node.value})`
    case 'check': case 'tofloat': return a
    case 'fadd': return single(node, `${a} + ${b}`)
    case 'fsub': return single(node, `${a} - ${b}`)
    case 'fmul': return single(node, `${a} * ${b}`)
    case 'fdiv': return single(node, `${a} / ${b}`)
    case 'fneg': return `0 - ${a}`
    case 'fround': return `Math.fround(${a})`
    case 'fabs': return `Math.abs(${a})`
    case 'fsqrt': return `Math.sqrt(${a})`
    case 'ffloor': return `Math.floor(${a})`
    case 'fceil': return `Math.ceil(${a})`
    case 'ftrunc': return `Math.trunc(${a})`
    case 'not': return `1 - ${a}`
    default: return comparisonSource(node, a, b)
  }
}

function single(node: Node, source: string): string {
  return node.value === 1 ? `Math.fround(${source})` : source
}

const SYMBOLS: Record<string, string> = { eq: '===', ne: '!==', lt: '<', le: '<=', gt: '>', ge: '>=' }

function comparisonSource(node: Node, a: string, b: string): string {
  const symbol = SYMBOLS[node.op]!
  const [left, right] = node.args as [Node, Node]
  if (left.rep === 'text') {
    if (node.op === 'eq' || node.op === 'ne') return `${a} ${symbol} ${b} ? 1 : 0`
    return `H.compareText(${a}, ${b}) ${symbol} 0 ? 1 : 0`
  }
  if (left.rep !== 'float') return `${a} ${symbol} ${b} ? 1 : 0`
  return floatComparison(node.op, a, b, isPlain(right))
}

// NaN equals itself and is larger than everything else. Against a right side that is no NaN, one
// comparison is enough.
function floatComparison(op: string, a: string, b: string, isPlainRight: boolean): string {
  if (isPlainRight) {
    switch (op) {
      case 'gt': return `${a} <= ${b} ? 0 : 1`
      case 'ge': return `${a} < ${b} ? 0 : 1`
      default: return `${a} ${SYMBOLS[op]} ${b} ? 1 : 0`
    }
  }
  switch (op) {
    case 'eq': return `${a} === ${b} || ${a} !== ${a} && ${b} !== ${b} ? 1 : 0`
    case 'ne': return `${a} === ${b} || ${a} !== ${a} && ${b} !== ${b} ? 0 : 1`
    case 'lt': return `${a} < ${b} || ${b} !== ${b} && ${a} === ${a} ? 1 : 0`
    case 'ge': return `${a} < ${b} || ${b} !== ${b} && ${a} === ${a} ? 0 : 1`
    case 'gt': return `${a} > ${b} || ${a} !== ${a} && ${b} === ${b} ? 1 : 0`
    default: return `${a} > ${b} || ${a} !== ${a} && ${b} === ${b} ? 0 : 1`
  }
}

/** A float known to be no NaN: an integer, or a constant that was looked at. */
function isPlain(node: Node): boolean {
  return node.op === 'tofloat' || (node.op === 'constant' && node.value === 1)
}
