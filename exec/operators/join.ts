// Hash join (inner, left) and cross join. The build side is kept whole in a JoinTable; the probe side is
// streamed: each batch's keys are matched, giving pairs (probe row, build row) that are gathered into
// dense output batches. Without keys every build row is a candidate (nested loops over batches).
//
// Left joins build on the right: probe rows without a partner appear once with NULLs. A residual condition
// is evaluated over candidate pairs; a left row is without a partner when none of its pairs passes. Semi and anti
// joins build on the right as well, and hand out the left rows with, or without, a partner. Full joins are left joins
// that remember which build rows were in a pair and hand out the others, with NULLs, when the probe side has ended.
import type { BatchSource } from '../context.ts'
import { expressionText } from '../explain-expression.ts'
import type { Expression, JoinPlan, OutputColumn } from '../plan/logical.ts'
import type { Run } from '../run.ts'
import type { Description, Estimate, Operator } from './operator.ts'
import { openJoin } from './join-parts.ts'

export interface JoinSpec {
  readonly join: JoinPlan['join']
  /** Key columns by position in each input, pairwise. */
  readonly leftKeys: readonly number[]
  readonly rightKeys: readonly number[]
  /** Columns of each input that are output (the first ones); later ones are computed keys. */
  readonly leftWidth: number
  readonly rightWidth: number
  /** Over the columns of both inputs. */
  readonly residual: Expression | null
  /** Output columns that something reads; the others are NULL in every batch. */
  readonly wanted: ReadonlySet<number>
  /** Which side is kept in memory; 'right' but for inner joins. */
  readonly build: 'left' | 'right'
  readonly reason: string
  /** A left row may have one partner at most: 21000 (logical.ts). */
  readonly single?: JoinPlan['single']
}

const NAMES: Readonly<Record<JoinPlan['join'], string>> = {
  inner: '', cross: '', left: 'Left', full: 'Full', semi: 'Semi', anti: 'Anti',
}

/** Join of two inputs. Keeps one side in memory. */
export class JoinOperator implements Operator {
  readonly output: readonly OutputColumn[]
  readonly children: readonly Operator[]
  readonly estimate: Estimate
  readonly spec: JoinSpec

  constructor(
    left: Operator, right: Operator, spec: JoinSpec, shape: { output: readonly OutputColumn[]; estimate: Estimate },
  ) {
    this.children = [left, right]
    this.spec = spec
    this.output = shape.output
    this.estimate = shape.estimate
  }

  describe(): Description {
    const { join, leftKeys, rightKeys, residual, reason } = this.spec
    const [left, right] = this.children as [Operator, Operator]
    const keys = leftKeys.map((key, i) => `${left.output[key]!.name} = ${right.output[rightKeys[i]!]!.name}`)
    const details: [string, string][] = []
    if (keys.length > 0) details.push(['keys', keys.join(' AND ')])
    if (residual !== null) details.push(['condition', expressionText(residual)])
    if (this.spec.single !== undefined) details.push(['partners', 'one at most'])
    const op = keys.length > 0 ? `Hash${NAMES[join]}Join` : `${NAMES[join] || 'Cross'}Join`
    return { op, reason, details }
  }

  open(run: Run): BatchSource {
    const residual = this.spec.residual === null ? null : run.bind(this.spec.residual)
    return openJoin(run, this, residual)
  }
}
