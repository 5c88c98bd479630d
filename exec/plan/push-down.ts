// Filter push-down: conjuncts move towards the tables as far as their meaning allows, conditions between
// both sides of an inner join become its hash keys, and left joins whose NULL rows a filter rejects become
// inner joins. What cannot move stays as a Filter where it was.
//
//   through project, sort, distinct    always (columns replaced by their expressions)
//   through aggregate                  conjuncts over group columns only, and only with GROUP BY
//   through window                     conjuncts over columns that all its calls partition by
//   through limit                      never
//   through table functions            conjuncts over the columns of the input
//   through union, intersect, except   to every input, unless volatile
//   inner join                         to the side they read; both sides: key if `=`, else residual
//   left join                          to the left side; never to the right (it would keep NULL rows)
//   full join                          nowhere; one whose NULL rows a filter rejects becomes a left or an inner join
//   semi and anti join                 to the left side; their own conditions as an inner and a left join's
import { sameType } from '../../src/base/types.ts'
import { andAll, columnsOf, conjuncts, isVolatile, remap, some, substitute } from './expression.ts'
import type { Expression, JoinPlan, LogicalPlan, OutputColumn, WindowPlan } from './logical.ts'
import { mapInputs } from './map-plan.ts'

/** Moves all filters of a plan down. */
export function pushDown(plan: LogicalPlan): LogicalPlan {
  return push(plan, [])
}

function push(plan: LogicalPlan, filters: readonly Expression[]): LogicalPlan {
  switch (plan.kind) {
    case 'filter': return push(plan.input, [...conjuncts(plan.predicate), ...filters])
    case 'project': {
      const [movable, fixed] = split(filters, (c) => ![...columnsOf(c)].some((i) => some(plan.expressions[i]!,
        isVolatile)))
      const moved = movable.map((c) => substitute(c, (column) => plan.expressions[column.index]!))
      return above({ ...plan, input: push(plan.input, moved) }, fixed)
    }
    case 'aggregate': {
      const groups = plan.groups.length
      const [movable, fixed] = split(filters, (c) => {
        const columns = [...columnsOf(c)]
        return columns.length > 0 && columns.every((i) => i < groups && !some(plan.groups[i]!, isVolatile))
      })
      const moved = movable.map((c) => substitute(c, (column) => plan.groups[column.index]!))
      return above({ ...plan, input: push(plan.input, moved) }, fixed)
    }
    case 'window': {
      const fixedColumns = partitionColumns(plan)
      const [movable, fixed] = split(filters, (c) => {
        const columns = [...columnsOf(c)]
        return columns.length > 0 && columns.every((i) => fixedColumns.has(i)) && !some(c, isVolatile)
      })
      return above({ ...plan, input: push(plan.input, movable) }, fixed)
    }
    case 'unfold': {
      const width = plan.input.output.length
      const [movable, fixed] = split(filters, (c) => {
        const columns = [...columnsOf(c)]
        return columns.length > 0 && columns.every((i) => i < width) && !some(c, isVolatile)
      })
      return above({ ...plan, input: push(plan.input, movable) }, fixed)
    }
    case 'sort': case 'distinct': return { ...plan, input: push(plan.input, filters) }
    case 'set': {
      const [movable, fixed] = split(filters, (c) => !some(c, isVolatile))
      return above(mapInputs(plan, (input) => push(input, movable)), fixed)
    }
    case 'join': return plan.join === 'left' ? pushLeft(plan, filters) : plan.join === 'full' ? pushFull(plan, filters)
      : plan.join === 'semi' || plan.join === 'anti' ? pushSemi(plan, filters) : pushInner(plan, filters)
    default: return above(mapInputs(plan, (input) => push(input, [])), filters)
  }
}

/** Input columns by which every call of a window node partitions: rows they leave out are whole partitions. */
function partitionColumns(plan: WindowPlan): Set<number> {
  const partition = Math.min(...plan.calls.map((call) => call.partition))
  const columns = plan.keys.slice(0, partition).map((key) => key.expression)
  return new Set(columns.filter((e) => e.kind === 'column').map((e) => e.index))
}

function above(plan: LogicalPlan, filters: readonly Expression[]): LogicalPlan {
  const predicate = andAll(filters)
  return predicate === null ? plan : { kind: 'filter', input: plan, predicate, output: plan.output }
}

function split<T>(list: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  const yes: T[] = []
  const no: T[] = []
  for (const item of list) (test(item) ? yes : no).push(item)
  return [yes, no]
}

type Side = 'left' | 'right' | 'both' | 'none'

function sideOf(e: Expression, leftWidth: number): Side {
  let left = false
  let right = false
  for (const index of columnsOf(e)) {
    if (index < leftWidth) left = true
    else right = true
  }
  return left ? (right ? 'both' : 'left') : right ? 'right' : 'none'
}

interface Sorted {
  readonly toLeft: Expression[]
  readonly toRight: Expression[]
  readonly leftKeys: Expression[]
  readonly rightKeys: Expression[]
  readonly rest: Expression[]
}

function pushInner(join: JoinPlan, filters: readonly Expression[]): LogicalPlan {
  const all = [...(join.residual === null ? [] : conjuncts(join.residual)), ...filters]
  const sorted: Sorted = { toLeft: [], toRight: [], leftKeys: [...join.leftKeys],
    rightKeys: [...join.rightKeys], rest: [] }
  const width = join.left.output.length
  for (const conjunct of all) {
    switch (sideOf(conjunct, width)) {
      case 'right': sorted.toRight.push(remap(conjunct, (i) => i - width)); break
      case 'both': addKey(conjunct, width, sorted); break
      default: sorted.toLeft.push(conjunct)
    }
  }
  return {
    ...join, join: sorted.leftKeys.length > 0 || sorted.rest.length > 0 ? 'inner' : join.join,
    left: push(join.left, sorted.toLeft), right: push(join.right, sorted.toRight),
    leftKeys: sorted.leftKeys, rightKeys: sorted.rightKeys, residual: andAll(sorted.rest),
  }
}

function pushLeft(join: JoinPlan, filters: readonly Expression[]): LogicalPlan {
  const width = join.left.output.length
  const isRight = (index: number): boolean => index >= width
  const isInner = join.single === undefined && filters.some((c) => rejectsNull(c, isRight))
  if (isInner) return pushInner({ ...join, join: 'inner' }, filters)
  const [toLeft, stay] = split(filters, (c) => sideOf(c, width) === 'left')
  const sorted: Sorted = { toLeft, toRight: [], leftKeys: [...join.leftKeys], rightKeys: [...join.rightKeys], rest: [] }
  for (const conjunct of join.residual === null ? [] : conjuncts(join.residual)) {
    const side = sideOf(conjunct, width)
    if (side === 'right') sorted.toRight.push(remap(conjunct, (i) => i - width))
    else if (side === 'both') addKey(conjunct, width, sorted)
    else sorted.rest.push(conjunct)
  }
  return above({
    ...join, left: push(join.left, sorted.toLeft), right: push(join.right, sorted.toRight),
    leftKeys: sorted.leftKeys, rightKeys: sorted.rightKeys, residual: andAll(sorted.rest),
  }, stay)
}

function pushFull(join: JoinPlan, filters: readonly Expression[]): LogicalPlan {
  const width = join.left.output.length
  const output = [...join.left.output, ...join.right.output]
  if (filters.some((c) => rejectsNull(c, (index) => index < width))) {
    return pushLeft({
      ...join, join: 'left', output: output.map((column, i) => i < width ? column : { ...column, nullable: true }),
    }, filters)
  }
  if (filters.some((c) => rejectsNull(c, (index) => index >= width))) return push(swapped(join, output), filters)
  const sorted: Sorted = { toLeft: [], toRight: [], leftKeys: [...join.leftKeys], rightKeys: [...join.rightKeys],
    rest: [] }
  for (const conjunct of join.residual === null ? [] : conjuncts(join.residual)) {
    if (sideOf(conjunct, width) === 'both') addKey(conjunct, width, sorted)
    else sorted.rest.push(conjunct)
  }
  return above({
    ...join, left: push(join.left, []), right: push(join.right, []), leftKeys: sorted.leftKeys,
    rightKeys: sorted.rightKeys, residual: andAll(sorted.rest),
  }, filters)
}

/** A full join of which only rows with a right side are wanted: a left join of the other side, columns in place. */
function swapped(join: JoinPlan, output: readonly OutputColumn[]): LogicalPlan {
  const width = join.left.output.length
  const rightWidth = output.length - width
  const turned: JoinPlan = {
    ...join, join: 'left', left: join.right, right: join.left, leftKeys: join.rightKeys, rightKeys: join.leftKeys,
    residual: join.residual === null ? null : remap(join.residual, (at) => at < width ? at + rightWidth : at - width),
    output: [...join.right.output, ...join.left.output.map((column) => ({ ...column, nullable: true }))],
  }
  const expressions = join.output.map((_, at): Expression => {
    const index = at < width ? at + rightWidth : at - width
    return { kind: 'column', index, ...turned.output[index]! }
  })
  return { kind: 'project', input: turned, expressions, output: join.output }
}

function pushSemi(join: JoinPlan, filters: readonly Expression[]): LogicalPlan {
  const width = join.left.output.length
  const sorted: Sorted = { toLeft: [...filters], toRight: [], leftKeys: [...join.leftKeys],
    rightKeys: [...join.rightKeys], rest: [] }
  for (const conjunct of join.residual === null ? [] : conjuncts(join.residual)) {
    const side = sideOf(conjunct, width)
    if (side === 'right') sorted.toRight.push(remap(conjunct, (i) => i - width))
    else if (side === 'both') addKey(conjunct, width, sorted)
    else if (side === 'left' && join.join === 'semi') sorted.toLeft.push(conjunct)
    else sorted.rest.push(conjunct)
  }
  return {
    ...join, left: push(join.left, sorted.toLeft), right: push(join.right, sorted.toRight),
    leftKeys: sorted.leftKeys, rightKeys: sorted.rightKeys, residual: andAll(sorted.rest),
  }
}

/** Files a condition over both sides: a pair of hash keys when it is `left = right` of one type. */
function addKey(conjunct: Expression, width: number, into: Sorted): void {
  if (conjunct.kind === 'call' && conjunct.fn === 'eq') {
    const [a, b] = conjunct.args as [Expression, Expression]
    const sides = [sideOf(a, width), sideOf(b, width)]
    if (sides.includes('left') && sides.includes('right') && sameKeyType(a, b)) {
      const [left, right] = sides[0] === 'left' ? [a, b] : [b, a]
      into.leftKeys.push(left)
      into.rightKeys.push(remap(right, (i) => i - width))
      return
    }
  }
  into.rest.push(conjunct)
}

/** Types whose equal values have equal bytes: the same type; texts of any declared length, unless padded. */
function sameKeyType(a: Expression, b: Expression): boolean {
  if (a.type.kind === 'text' && b.type.kind === 'text') return !a.type.blankPadded && !b.type.blankPadded
  return sameType(a.type, b.type)
}

const STRICT_PREDICATES = new Set(['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'like', 'ilike', 'is_not_null'])
const STRICT_FUNCTIONS = new Set(['add', 'sub', 'mul', 'div', 'mod', 'neg', 'plus'])

/** True when the condition cannot hold if all columns with `isRight` are NULL. */
function rejectsNull(e: Expression, isRight: (index: number) => boolean): boolean {
  if (e.kind === 'in') return isNullWith(e.arg, isRight)
  if (e.kind !== 'call') return false
  if (e.fn === 'and') return e.args.some((arg) => rejectsNull(arg, isRight))
  if (e.fn === 'or') return e.args.every((arg) => rejectsNull(arg, isRight))
  return STRICT_PREDICATES.has(e.fn) && e.args.some((arg) => isNullWith(arg, isRight))
}

/** True when the expression is surely NULL if all columns with `isRight` are NULL. */
function isNullWith(e: Expression, isRight: (index: number) => boolean): boolean {
  if (e.kind === 'column') return isRight(e.index)
  if (e.kind === 'cast') return isNullWith(e.arg, isRight)
  return e.kind === 'call' && STRICT_FUNCTIONS.has(e.fn) && e.args.some((arg) => isNullWith(arg, isRight))
}
