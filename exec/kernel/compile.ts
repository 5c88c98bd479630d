// The door to the kernels: bound expressions in, runnable kernels out. See kernel.ts for their contracts
// and README.md for the language and its two printers.
import type { Expression } from '../plan/logical.ts'
import { CompiledAggregate } from './aggregate.ts'
import { CompiledFilter } from './filter.ts'
import type {
  AggregateKernel, AggregateSpec, FilterKernel, InputColumn, KernelEnv, ProjectionKernel,
} from './kernel.ts'
import { CompiledProjection } from './projection.ts'

export type {
  AggregateKernel, AggregateSpec, Backend, FilterKernel, InputColumn, KernelCounters, KernelEnv, ProjectionKernel,
  SubqueryResult,
} from './kernel.ts'
export { evaluateConstant } from './evaluator.ts'

/** Compiles a predicate (a boolean expression over `inputs`). Cost: microseconds; code is made at the first batch. */
export function compileFilter(predicate: Expression, inputs: readonly InputColumn[], env: KernelEnv): FilterKernel {
  return new CompiledFilter(predicate, inputs, env)
}

/** Compiles a list of expressions over `inputs`. */
export function compileProjection(
  expressions: readonly Expression[], inputs: readonly InputColumn[], env: KernelEnv,
): ProjectionKernel {
  return new CompiledProjection(expressions, inputs, env)
}

/** Compiles filter, grouping and aggregates into one pipeline. */
export function compileAggregate(
  spec: AggregateSpec, inputs: readonly InputColumn[], env: KernelEnv,
): AggregateKernel {
  return new CompiledAggregate(spec, inputs, env)
}
