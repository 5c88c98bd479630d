// Column pruning: every node keeps only the columns that something above it reads, so that scans touch no
// other column chunks. Returns the narrower plan and where each old column went.
import { columnsOf, remap, substitute } from './expression.ts'
import type {
  AggregatePlan, Expression, JoinPlan, LogicalPlan, OutputColumn, ProjectPlan, SetPlan, UnfoldPlan,
  WindowPlan,
} from './logical.ts'
import { mapAggregate, mapExpressions, mapInputs } from './map-plan.ts'

interface Pruned {
  readonly plan: LogicalPlan
  /** New position of an old output column; undefined when it is gone. */
  readonly position: ReadonlyMap<number, number>
}

/** Drops what is not needed to produce all columns of the root. */
export function prunePlan(plan: LogicalPlan): LogicalPlan {
  if (plan.kind === 'insert' || plan.kind === 'update' || plan.kind === 'delete') {
    return mapInputs(plan, prunePlan)
  }
  const all = new Set(plan.output.keys())
  const { plan: pruned, position } = prune(plan, all)
  return restore(pruned, position, plan)
}

/** Puts the wanted columns back into their order when pruning left more of them. */
function restore(
  pruned: LogicalPlan, position: ReadonlyMap<number, number>, before: LogicalPlan,
  kept: readonly number[] = [...before.output.keys()],
): LogicalPlan {
  const isSame = pruned.output.length === kept.length && kept.every((old, i) => position.get(old) === i)
  if (isSame) return pruned
  const output = kept.map((old) => before.output[old]!)
  const expressions = output.map((column, i): Expression => ({
    kind: 'column', index: position.get(kept[i]!)!, name: column.name, nullable: column.nullable, type: column.type,
  }))
  return { kind: 'project', input: pruned, expressions, output }
}

function prune(plan: LogicalPlan, needed: ReadonlySet<number>): Pruned {
  switch (plan.kind) {
    case 'scan': {
      const kept = ordered(needed)
      const columns = kept.map((i) => plan.columns[i]!)
      return { plan: { ...plan, columns, output: kept.map((i) => plan.output[i]!) }, position: positions(kept) }
    }
    case 'values': {
      const kept = ordered(needed)
      const rows = plan.rows.map((row) => kept.map((i) => row[i]!))
      return { plan: { ...plan, rows, output: kept.map((i) => plan.output[i]!) }, position: positions(kept) }
    }
    case 'filter': case 'sort': case 'limit': case 'sample': {
      const extra = plan.kind === 'filter' ? [plan.predicate] : plan.kind === 'sort'
        ? plan.keys.map((k) => k.expression) : []
      const input = prune(plan.input, withColumns(needed, extra))
      const moved = mapExpressions({ ...plan, input: input.plan }, (e) => moveTo(e, input.position))
      return { plan: { ...moved, output: input.plan.output } as LogicalPlan, position: input.position }
    }
    case 'lock': {
      const input = prune(plan.input, new Set([...needed, ...plan.targets.flatMap((target) => target.columns)]))
      const targets = plan.targets.map((target) => ({
        ...target, columns: target.columns.map((column) => input.position.get(column)!),
      }))
      return { plan: { ...plan, input: input.plan, targets, output: input.plan.output }, position: input.position }
    }
    case 'distinct': {
      const all = new Set(plan.output.keys())
      const input = prune(plan.input, all)
      const whole = restore(input.plan, input.position, plan.input)
      return { plan: { ...plan, input: whole }, position: positions([...all]) }
    }
    case 'set': return pruneSet(plan, needed)
    case 'project': return pruneProject(plan, needed)
    case 'aggregate': return pruneAggregate(plan, needed)
    case 'window': return pruneWindow(plan, needed)
    case 'join': return pruneJoin(plan, needed)
    case 'shared': case 'working': return { plan, position: positions([...plan.output.keys()]) }
    case 'recursive':
      return { plan: mapInputs(plan, prunePlan), position: positions([...plan.output.keys()]) }
    case 'unfold': return pruneUnfold(plan, needed)
    case 'insert': case 'update': case 'delete':
      return { plan: mapInputs(plan, prunePlan), position: new Map() }
  }
}

/** Appended inputs lose what nobody reads; INTERSECT and EXCEPT compare whole rows. */
function pruneSet(plan: SetPlan, needed: ReadonlySet<number>): Pruned {
  const kept = plan.operation === 'union' ? ordered(needed) : [...plan.output.keys()]
  const inputs = plan.inputs.map((input) => {
    const { plan: narrow, position } = prune(input, new Set(kept))
    return restore(narrow, position, input, kept)
  })
  return { plan: { ...plan, inputs, output: kept.map((i) => plan.output[i]!) }, position: positions(kept) }
}

function pruneProject(plan: ProjectPlan, needed: ReadonlySet<number>): Pruned {
  const kept = ordered(needed)
  const expressions = kept.map((i) => plan.expressions[i]!)
  const input = prune(plan.input, withColumns(new Set(), expressions))
  const moved = expressions.map((e) => moveTo(e, input.position))
  const project = { ...plan, input: input.plan, expressions: moved, output: kept.map((i) => plan.output[i]!) }
  return { plan: mergeProjects(project), position: positions(kept) }
}

/** A projection above one of plain columns reads that one's input directly. */
function mergeProjects(plan: ProjectPlan): ProjectPlan {
  const inner = plan.input
  if (inner.kind !== 'project' || inner.expressions.some((e) => e.kind !== 'column')) return plan
  const expressions = plan.expressions.map((e) => substitute(e, (column) => inner.expressions[column.index]!))
  return { ...plan, input: inner.input, expressions }
}

function pruneAggregate(plan: AggregatePlan, needed: ReadonlySet<number>): Pruned {
  const groups = plan.groups.length
  const kept = [...plan.output.keys()].filter((i) => i < groups || needed.has(i))
  const aggregates = kept.filter((i) => i >= groups).map((i) => plan.aggregates[i - groups]!)
  const read = [...plan.groups, ...aggregates.flatMap((call) => call.filter === null
    ? call.args : [...call.args, call.filter])]
  const input = prune(plan.input, withColumns(new Set(), read))
  return {
    plan: {
      ...plan, input: input.plan, groups: plan.groups.map((e) => moveTo(e, input.position)),
      aggregates: aggregates.map((call) => mapAggregate(call, (e) => moveTo(e, input.position))),
      output: kept.map((i) => plan.output[i]!),
    },
    position: positions(kept),
  }
}

/** Calls nobody reads are dropped, and the node with the last of them. */
function pruneWindow(plan: WindowPlan, needed: ReadonlySet<number>): Pruned {
  const width = plan.input.output.length
  const below = new Set([...needed].filter((i) => i < width))
  const kept = ordered(needed).filter((i) => i >= width)
  if (kept.length === 0) return prune(plan.input, below)
  const calls = kept.map((i) => plan.calls[i - width]!)
  const read = [...plan.keys.map((key) => key.expression), ...calls.flatMap((call) => call.filter === null
    ? call.args : [...call.args, call.filter])]
  const input = prune(plan.input, withColumns(below, read))
  const moved = mapExpressions({ ...plan, calls, input: input.plan }, (e) => moveTo(e, input.position)) as WindowPlan
  const newWidth = input.plan.output.length
  const position = new Map(input.position)
  kept.forEach((old, at) => position.set(old, newWidth + at))
  return { plan: { ...moved, output: [...input.plan.output, ...kept.map((i) => plan.output[i]!)] }, position }
}

/** All functions stay: each decides how many rows there are. */
function pruneUnfold(plan: UnfoldPlan, needed: ReadonlySet<number>): Pruned {
  const width = plan.input.output.length
  const below = new Set([...needed].filter((i) => i < width))
  const input = prune(plan.input, withColumns(below, plan.calls.flatMap((call) => call.args)))
  const moved = mapExpressions({ ...plan, input: input.plan }, (e) => moveTo(e, input.position)) as UnfoldPlan
  const newWidth = input.plan.output.length
  const position = new Map(input.position)
  for (let i = width; i < plan.output.length; i++) position.set(i, i - width + newWidth)
  return { plan: { ...moved, output: [...input.plan.output, ...plan.output.slice(width)] }, position }
}

function pruneJoin(plan: JoinPlan, needed: ReadonlySet<number>): Pruned {
  const width = plan.left.output.length
  const both = withColumns(needed, plan.residual === null ? [] : [plan.residual])
  const leftNeeds = withColumns(new Set([...both].filter((i) => i < width)), plan.leftKeys)
  const rightNeeds = withColumns(new Set([...both].filter((i) => i >= width).map((i) => i - width)), plan.rightKeys)
  const left = prune(plan.left, leftNeeds)
  const right = prune(plan.right, rightNeeds)
  const newWidth = left.plan.output.length
  const position = new Map(left.position)
  for (const [old, now] of right.position) position.set(old + width, now + newWidth)
  const nullable = (columns: readonly OutputColumn[]): OutputColumn[] =>
    columns.map((column) => ({ ...column, nullable: true }))
  const isOuter = plan.join === 'left' || plan.join === 'full'
  const leftOutput = plan.join === 'full' ? nullable(left.plan.output) : left.plan.output
  const rightOutput = plan.join === 'semi' || plan.join === 'anti' ? []
    : isOuter ? nullable(right.plan.output) : right.plan.output
  return {
    plan: {
      ...plan, left: left.plan, right: right.plan, output: [...leftOutput, ...rightOutput],
      leftKeys: plan.leftKeys.map((e) => moveTo(e, left.position)),
      rightKeys: plan.rightKeys.map((e) => moveTo(e, right.position)),
      residual: plan.residual === null ? null : moveTo(plan.residual, position),
    },
    position,
  }
}

function ordered(set: ReadonlySet<number>): number[] {
  return [...set].sort((a, b) => a - b)
}

function positions(kept: readonly number[]): Map<number, number> {
  return new Map(kept.map((old, now) => [old, now]))
}

function withColumns(needed: ReadonlySet<number>, read: readonly Expression[]): Set<number> {
  const all = new Set(needed)
  for (const e of read) columnsOf(e, all)
  return all
}

function moveTo(e: Expression, position: ReadonlyMap<number, number>): Expression {
  return remap(e, (index) => position.get(index)!)
}
