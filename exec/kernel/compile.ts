// The door to the kernels: bound expressions in, runnable kernels out. See kernel.ts for their contracts
// and README.md for the language and its two printers.
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { Scalar } from '../../src/base/types.ts'
import type { Expression } from '../plan/logical.ts'
import type {
  AggregateKernel, AggregateSpec, FilterKernel, InputColumn, KernelEnv, ProjectionKernel,
} from './kernel.ts'

export type {
  AggregateKernel, AggregateSpec, Backend, FilterKernel, InputColumn, KernelCounters, KernelEnv, ProjectionKernel,
  SubqueryResult,
} from './kernel.ts'

const missing = (what: string): DatabaseError => new DatabaseError(CODE.UNSUPPORTED, `${what} is being built`)

/** Compiles a predicate (a boolean expression over `inputs`). Cost: microseconds; code is made at the first batch. */
export function compileFilter(predicate: Expression, inputs: readonly InputColumn[], env: KernelEnv): FilterKernel {
  throw missing(`filter ${predicate.kind} ${inputs.length} ${env.backend}`)
}

/** Compiles a list of expressions over `inputs`. */
export function compileProjection(
  expressions: readonly Expression[], inputs: readonly InputColumn[], env: KernelEnv,
): ProjectionKernel {
  throw missing(`projection ${expressions.length} ${inputs.length} ${env.backend}`)
}

/** Compiles filter, grouping and aggregates into one pipeline. */
export function compileAggregate(
  spec: AggregateSpec, inputs: readonly InputColumn[], env: KernelEnv,
): AggregateKernel {
  throw missing(`aggregate ${spec.groups.length} ${inputs.length} ${env.backend}`)
}

/**
 * Value of an expression without columns and subqueries: constant folding, LIMIT, key bounds, VALUES.
 * Cheap (no code generation) for constants, parameters and casts of them.
 */
export function evaluateConstant(expression: Expression, parameters: readonly Scalar[], now = 0): Scalar {
  throw missing(`constant ${expression.kind} ${parameters.length} ${now}`)
}
