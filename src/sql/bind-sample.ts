// TABLESAMPLE BERNOULLI | SYSTEM (percent) [REPEATABLE (seed)] above the scan of a table: percent and seed are numbers
// that no column is part of, read when the statement runs.
import { CODE } from '../base/errors.ts'
import { DOUBLE } from '../base/types.ts'
import type { Expression, LogicalPlan } from '../../exec/plan/logical.ts'
import type { Expr } from './ast.ts'
import type { SampleClause } from './ast-from.ts'
import { bindError, invalid } from './bind-context.ts'
import { bindExpr } from './bind-expression.ts'
import type { ExprEnv } from './bind-expression.ts'
import { coerce } from './coerce.ts'
import type { FromEnv } from './from-source.ts'
import { unsupported } from './node-reader.ts'
import { Scope } from './scope.ts'

/** Some rows of a table; the plan itself without TABLESAMPLE. */
export function sampled(plan: LogicalPlan, sample: SampleClause | undefined, env: FromEnv): LogicalPlan {
  if (sample === undefined) return plan
  const { method, args, seed, position } = sample
  if (method !== 'bernoulli' && method !== 'system') {
    throw bindError(CODE.UNDEFINED_OBJECT, `tablesample method ${method} does not exist`, position)
  }
  if (env.locks) throw unsupported('FOR UPDATE or FOR SHARE with TABLESAMPLE', position)
  if (args.length !== 1) throw invalid(`tablesample method ${method} requires 1 argument, not ${args.length}`, position)
  const exprEnv: ExprEnv = {
    context: env.context, scope: Scope.empty, aggregates: null, clause: 'TABLESAMPLE', visible: env.visible,
  }
  const number = (expr: Expr): Expression => coerce(bindExpr(expr, exprEnv), DOUBLE, 'implicit', env.context)
  return {
    kind: 'sample', input: plan, method, percent: number(args[0]!), seed: seed === null ? null : number(seed),
    output: plan.output,
  }
}

/** 42809 for TABLESAMPLE of anything but a table. */
export function refuseSample(sample: SampleClause | undefined): void {
  if (sample === undefined) return
  throw bindError(CODE.WRONG_OBJECT, 'TABLESAMPLE clause can only be applied to tables', sample.position)
}
