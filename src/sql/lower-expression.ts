// Expressions of libpg-query's tree to ours, node by node from an allow-list.
// Subqueries go back to lower-query.ts through the context.
import { quantifiedName } from '../../exec/functions/array.ts'
import { assert } from '../base/assert.ts'
import { CODE, DatabaseError } from '../base/errors.ts'
import { arrayTexts } from './array-text.ts'
import type { CallExpr, Expr, LiteralExpr } from './ast.ts'
import { lowerCast } from './lower-type.ts'
import { lowerOrder, lowerWindow } from './lower-window.ts'
import type { NodeReader } from './node-reader.ts'
import { nested, unsupported } from './node-reader.ts'

/** Lowers any expression node. Throws 0A000 for what the engine does not have. */
export function lowerExpr(node: NodeReader): Expr {
  const lower = LOWER[node.tag]
  if (lower === undefined) throw node.unsupported()
  return nested(node.context, node.position, () => lower(node))
}

function lowerAll(nodes: readonly NodeReader[]): Expr[] {
  return nodes.map(lowerExpr)
}

const LOWER: Readonly<Record<string, (node: NodeReader) => Expr>> = {
  A_Const: lowerConstant,
  ColumnRef: lowerColumn,
  ParamRef: node => ({ kind: 'parameter', index: node.number('number') - 1, position: node.position }),
  A_Expr: lowerOperator,
  BoolExpr: lowerLogic,
  NullTest: node => {
    const negated = node.text('nulltesttype') === 'IS_NOT_NULL'
    const arg = lowerExpr(node.need('arg'))
    node.ignore('argisrow')
    node.done()
    return { kind: 'is', arg, test: 'null', negated, position: node.position }
  },
  BooleanTest: lowerBooleanTest,
  CaseExpr: lowerCase,
  TypeCast: node => lowerCast(node, lowerExpr),
  FuncCall: lowerCall,
  CoalesceExpr: node => namedCall(node, 'coalesce'),
  MinMaxExpr: node => namedCall(node, node.text('op') === 'IS_LEAST' ? 'least' : 'greatest'),
  SQLValueFunction: lowerValueFunction,
  SubLink: lowerSubLink,
  RowExpr: node => {
    const items = lowerAll(node.nodes('args'))
    node.ignore('row_format')
    node.done()
    return { kind: 'row', items, position: node.position }
  },
  A_ArrayExpr: (node) => {
    const args = lowerAll(node.nodes('elements'))
    node.ignore('list_start', 'list_end')
    node.done()
    return callOf('array_construct', args, node.position)
  },
  A_Indirection: lowerSubscripts,
  GroupingFunc: node => {
    node.ignore('agglevelsup')
    return namedCall(node, 'grouping')
  },
  SetToDefault: node => ({ kind: 'default', position: node.position }),
  CollateClause: lowerCollate,
}

function callOf(name: string, args: readonly Expr[], position: number | undefined): Expr {
  return { kind: 'call', name, args, star: false, distinct: false, filter: null, position }
}

// a[i] and a[i:j], one after the other; fields of rows are none of ours.
function lowerSubscripts(node: NodeReader): Expr {
  let value = lowerExpr(node.need('arg'))
  const { position } = node
  for (const step of node.nodes('indirection')) {
    if (step.tag !== 'A_Indices') throw unsupported('selecting a field of a value', position)
    const [lower, upper] = [step.node('lidx'), step.node('uidx')]
    const isSlice = step.flag('is_slice')
    step.done()
    const bound = (at: NodeReader | null): Expr =>
      at === null ? { kind: 'literal', form: 'null', text: '', position } : lowerExpr(at)
    value = isSlice ? callOf('array_slice', [value, bound(lower), bound(upper)], position)
      : callOf('array_get', [value, bound(upper)], position)
  }
  node.done()
  return value
}

function lowerConstant(node: NodeReader): LiteralExpr {
  const position = node.position
  const literal = (form: LiteralExpr['form'], text: string): LiteralExpr => {
    node.done()
    return { kind: 'literal', form, text, position }
  }
  if (node.flag('isnull')) return literal('null', '')
  const integer = node.bare('ival', 'Integer')
  if (integer !== null) return literal('integer', String(integer.number('ival')))
  const float = node.bare('fval', 'Float')
  if (float !== null) {
    const text = float.text('fval').replace(/_/g, '')
    return literal(/^-?(\d+|0[xob][0-9a-f]+)$/i.test(text) ? 'integer' : 'decimal', text)
  }
  const string = node.bare('sval', 'String')
  if (string !== null) return literal('string', string.text('sval'))
  const boolean = node.bare('boolval', 'Boolean')
  if (boolean !== null) return literal('boolean', boolean.flag('boolval') ? 'true' : 'false')
  const bits = node.bare('bsval', 'BitString')?.text('bsval') ?? ''
  if (!bits.startsWith('x')) throw unsupported('a bit string', position)
  return literal('hex', bits.slice(1))
}

function lowerColumn(node: NodeReader): Expr {
  const path: string[] = []
  const fields = node.nodes('fields')
  node.done()
  for (const field of fields) {
    if (field.tag === 'A_Star') {
      if (path.length > 1) throw unsupported('a schema-qualified *', node.position)
      return { kind: 'star', table: path[0] ?? null, position: node.position }
    }
    path.push(field.text('sval'))
  }
  return { kind: 'name', path, position: node.position }
}

function lowerLogic(node: NodeReader): Expr {
  const kind = node.text('boolop')
  const args = lowerAll(node.nodes('args'))
  node.done()
  const op = kind === 'AND_EXPR' ? 'and' : kind === 'OR_EXPR' ? 'or' : 'not'
  return { kind: 'logic', op, args, position: node.position }
}

function lowerBooleanTest(node: NodeReader): Expr {
  const found = /^IS_(NOT_)?(TRUE|FALSE|UNKNOWN)$/.exec(node.text('booltesttype'))
  assert(found !== null, 'lowerBooleanTest: unknown test')
  const arg = lowerExpr(node.need('arg'))
  node.done()
  const test = found[2]!.toLowerCase() as 'true' | 'false' | 'unknown'
  return { kind: 'is', arg, test, negated: found[1] !== undefined, position: node.position }
}

function lowerCase(node: NodeReader): Expr {
  const argNode = node.node('arg')
  const arg = argNode === null ? null : lowerExpr(argNode)
  const branches = node.nodes('args').map(branch => {
    const when = lowerExpr(branch.need('expr'))
    const then = lowerExpr(branch.need('result'))
    branch.done()
    return { when, then }
  })
  const elseNode = node.node('defresult')
  node.done()
  return {
    kind: 'case', arg, branches, otherwise: elseNode === null ? null : lowerExpr(elseNode), position: node.position,
  }
}

function namedCall(node: NodeReader, name: string): CallExpr {
  node.ignore('op')
  const args = lowerAll(node.nodes('args'))
  node.done()
  return { kind: 'call', name, args, star: false, distinct: false, filter: null, position: node.position }
}

function lowerValueFunction(node: NodeReader): Expr {
  const name = node.text('op').replace(/^SVFOP_/, '').toLowerCase()
  if (name.endsWith('_n')) throw unsupported(`${name.slice(0, -2)} with a precision`, node.position)
  node.ignore('typmod')
  node.done()
  return { kind: 'call', name, args: [], star: false, distinct: false, filter: null, position: node.position }
}

function lowerCall(node: NodeReader): Expr {
  const path = node.strings('funcname')
  const name = path[path.length - 1]!
  if (path.length > 2 || (path.length === 2 && path[0] !== 'pg_catalog')) {
    throw unsupported(`a schema-qualified function name (${path.join('.')})`, node.position)
  }
  const args = lowerAll(node.nodes('args'))
  const filterNode = node.node('agg_filter')
  const filter = filterNode === null ? null : lowerExpr(filterNode)
  const [star, distinct] = [node.flag('agg_star'), node.flag('agg_distinct')]
  const window = node.bare('over', 'WindowDef')
  const orderBy = node.nodes('agg_order').map(item => lowerOrder(item, lowerExpr))
  const withinGroup = node.flag('agg_within_group')
  node.ignore('funcformat')
  node.done()
  const position = node.position
  if (window !== null) {
    const over = lowerWindow(window, lowerExpr)
    return { kind: 'call', name, args, star, distinct, filter, orderBy, withinGroup, over, position }
  }
  if (name === 'extract' && path.length === 2) {
    const field = args[0]!
    assert(field.kind === 'literal', 'lowerCall: EXTRACT has a literal field')
    const call = `extract_${field.text.toLowerCase()}`
    return { kind: 'call', name: call, args: args.slice(1), star, distinct, filter, position }
  }
  if (name === 'mod' && args.length === 2 && !distinct && filter === null) {
    return { kind: 'operator', symbol: '%', left: args[0]!, right: args[1]!, position }
  }
  // POSITION(a IN b) arrives as position(b, a), which is strpos.
  const call = path.length === 2 && name === 'position' ? 'strpos' : name
  return { kind: 'call', name: call, args, star, distinct, filter, orderBy, withinGroup, position }
}

function lowerCollate(node: NodeReader): Expr {
  const arg = lowerExpr(node.need('arg'))
  const names = node.strings('collname')
  node.done()
  const collation = names[names.length - 1]!
  if (!['C', 'POSIX', 'ucs_basic', 'binary'].includes(collation)) {
    throw unsupported(`COLLATE "${collation}" (text orders by its UTF-8 bytes, which is "C")`, node.position)
  }
  return arg
}

function lowerSubLink(node: NodeReader): Expr {
  const type = node.text('subLinkType')
  const position = node.position
  const test = node.node('testexpr')
  const operator = node.strings('operName')
  const body = node.need('subselect')
  node.done()
  const query = nested(node.context, position, () => node.context.lowerQuery(body))
  if (type === 'EXISTS_SUBLINK') return { kind: 'subquery', mode: 'exists', query, negated: false, position }
  if (type === 'EXPR_SUBLINK') return { kind: 'subquery', mode: 'scalar', query, negated: false, position }
  const isIn = type === 'ANY_SUBLINK' && (operator.length === 0 || operator[0] === '=')
  const isNotIn = type === 'ALL_SUBLINK' && operator[0] === '<>'
  if (test !== null && (type === 'ANY_SUBLINK' || type === 'ALL_SUBLINK') && !(isIn || isNotIn)) {
    const mode = type === 'ANY_SUBLINK' ? 'any' : 'all'
    return { kind: 'subquery', mode, query, arg: lowerExpr(test), symbol: operator[0]!, negated: false, position }
  }
  if (type === 'ROWCOMPARE_SUBLINK' && test !== null) {
    const right: Expr = { kind: 'subquery', mode: 'scalar', query, negated: false, position }
    return { kind: 'operator', symbol: operator[0]!, left: lowerExpr(test), right, position }
  }
  if (test === null || !(isIn || isNotIn)) {
    throw unsupported(type === 'ARRAY_SUBLINK' ? 'ARRAY(SELECT …)' : 'a subquery of this kind', position)
  }
  return { kind: 'subquery', mode: 'in', query, arg: lowerExpr(test), negated: isNotIn, position }
}

function lowerOperator(node: NodeReader): Expr {
  const kind = node.text('kind')
  const names = node.strings('name')
  const symbol = names[names.length - 1] ?? ''
  const [left, right] = [node.node('lexpr'), node.need('rexpr')]
  node.ignore('rexpr_list_start', 'rexpr_list_end')
  node.done()
  const position = node.position
  switch (kind) {
    case 'AEXPR_OP': {
      if (names.length > 1) throw unsupported('OPERATOR(schema.op)', position)
      const bound = left === null ? null : lowerExpr(left)
      return { kind: 'operator', symbol, left: bound, right: lowerExpr(right), position }
    }
    case 'AEXPR_LIKE': case 'AEXPR_ILIKE': return lowerLike(symbol, left!, right, position)
    case 'AEXPR_DISTINCT': case 'AEXPR_NOT_DISTINCT': {
      const negated = kind === 'AEXPR_NOT_DISTINCT'
      return { kind: 'distinct', left: lowerExpr(left!), right: lowerExpr(right), negated, position }
    }
    case 'AEXPR_NULLIF': {
      const args = [lowerExpr(left!), lowerExpr(right)]
      return { kind: 'call', name: 'nullif', args, star: false, distinct: false, filter: null, position }
    }
    case 'AEXPR_IN': {
      const items = lowerAll(right.nodes('items'))
      return { kind: 'in', arg: lowerExpr(left!), items, negated: symbol === '<>', position }
    }
    case 'AEXPR_BETWEEN': case 'AEXPR_NOT_BETWEEN': case 'AEXPR_BETWEEN_SYM': case 'AEXPR_NOT_BETWEEN_SYM': {
      const [low, high] = lowerAll(right.nodes('items')) as [Expr, Expr]
      const [negated, symmetric] = [kind.includes('NOT'), kind.endsWith('_SYM')]
      return { kind: 'between', arg: lowerExpr(left!), low, high, negated, symmetric, position }
    }
    case 'AEXPR_OP_ANY': case 'AEXPR_OP_ALL': {
      const all = kind === 'AEXPR_OP_ALL'
      const items = arrayItems(right)
      if (items !== null) return { kind: 'quantified', symbol, all, arg: lowerExpr(left!), items, position }
      const name = quantifiedName(symbol, all)
      if (name === null) throw unsupported(`${symbol} ANY / ALL of an array`, position)
      return callOf(name, [lowerExpr(left!), lowerExpr(right)], position)
    }
    // The pattern arrives inside similar_to_escape(), the symbol is ~ or !~.
    case 'AEXPR_SIMILAR':
      return { kind: 'operator', symbol, left: lowerExpr(left!), right: lowerExpr(right), position }
    default: throw unsupported(`${symbol} ${kind}`, position)
  }
}

/** The elements of ARRAY[…] or of '{…}' (which is also what IN () is rewritten to); null for other arrays. */
function arrayItems(node: NodeReader): Expr[] | null {
  if (node.tag === 'A_ArrayExpr') {
    const items = lowerAll(node.nodes('elements'))
    node.ignore('list_start', 'list_end')
    node.done()
    return items
  }
  const list = lowerExpr(node)
  if (list.kind !== 'literal' || list.form !== 'string') return null
  const texts = arrayTexts(list.text)
  return texts === null ? null : texts.map((text): Expr => (
    { kind: 'literal', form: text === null ? 'null' : 'string', text: text ?? '', position: list.position }
  ))
}

/** The ESCAPE clause arrives as like_escape(pattern, escape) around the pattern. */
function lowerLike(symbol: string, left: NodeReader, right: NodeReader, position?: number): Expr {
  const arg = lowerExpr(left)
  const pattern = lowerExpr(right)
  if (pattern.kind !== 'call' || pattern.name !== 'like_escape') {
    return { kind: 'operator', symbol, left: arg, right: pattern, position }
  }
  const [text, escape] = pattern.args
  if (text === undefined || escape === undefined) {
    throw new DatabaseError(CODE.UNDEFINED_FUNCTION, 'like_escape takes two arguments', { position })
  }
  return { kind: 'operator', symbol, left: arg, right: text, escape, position }
}
