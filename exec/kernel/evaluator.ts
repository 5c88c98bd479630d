// Expressions evaluated outside row loops: constants (folding, LIMIT, VALUES) and dictionary entries (lookup
// tables). Same lowering and same printer as the kernels, so there is one meaning of every operator.
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import { castScalar } from '../../src/base/scalar-cast.ts'
import type { Scalar } from '../../src/base/types.ts'
import type { Expression } from '../plan/logical.ts'
import type { ScalarFunction } from '../functions/entry.ts'
import { factoryOf } from './code-cache.ts'
import { columnsOf, hasSubquery } from './expression-facts.ts'
import { VALUE_HELPERS } from './helpers.ts'
import type { Helpers } from './helpers.ts'
import type { Check, ColumnShape } from './ir.ts'
import { JavaScriptExpressions } from './javascript-expression.ts'
import type { LoweringEnv } from './lower.ts'
import { Lowering } from './lower.ts'
import type { Constant } from './lowering-context.ts'

type Evaluate = (constants: readonly Constant[], argument: Scalar) => Scalar
type EvaluatorFactory = (
  memory: null, helpers: Partial<Helpers>, functions: readonly ScalarFunction[], checks: readonly Check[],
) => Evaluate

/** A function of the value of one column (`column`, -1 = none). It throws the expression's errors. */
export function compileEvaluator(
  expression: Expression, columns: readonly ColumnShape[], env: LoweringEnv, column = -1,
): (argument: Scalar) => Scalar {
  const lowering = new Lowering(columns, env, column)
  const node = lowering.lower(expression)
  const printer = new JavaScriptExpressions(columns)
  const result = printer.scalar(node)
  const source = `'use strict'
${printer.factoryLines.join('\n')}
return function evaluate(K, argument) {
${printer.prologue.join('\n')}
${printer.takeBody()}
return ${result}
}`
  const factory = factoryOf<EvaluatorFactory>(source, () => source)
  const evaluate = factory(null, VALUE_HELPERS, lowering.functions, lowering.graph.checks)
  const { constants } = lowering
  return argument => evaluate(constants, argument)
}

/**
 * Value of an expression without columns and subqueries: constant folding, LIMIT, key bounds, VALUES.
 * Cheap (no code generation) for constants, parameters and casts of them.
 */
export function evaluateConstant(expression: Expression, parameters: readonly Scalar[], now = 0): Scalar {
  switch (expression.kind) {
    case 'constant': return expression.value
    case 'parameter': return parameters[expression.index] ?? null
    case 'cast': {
      const { arg } = expression
      if (arg.kind === 'constant' || arg.kind === 'parameter') {
        return castScalar(arg.type, expression.type, evaluateConstant(arg, parameters, now))
      }
    }
  }
  if (columnsOf(expression).size > 0 || hasSubquery(expression)) {
    throw new DatabaseError(CODE.INTERNAL, 'a constant expression has columns or subqueries')
  }
  const env: LoweringEnv = { parameters, now, subqueries: new Map(), fold: null }
  const value = compileEvaluator(expression, [], env)(null)
  return value === 0 ? 0 : value
}
