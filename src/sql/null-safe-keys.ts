// Join keys that are equal where two values are, and where both are NULL: a value that stands for NULL, and beside it
// whether it does. A column that is never NULL is its own key.
import { parseScalar } from '../base/scalar-parse.ts'
import type { TypeKind } from '../base/types.ts'
import { BOOLEAN } from '../base/types.ts'
import type { Expression, OutputColumn } from '../../exec/plan/logical.ts'
import { constant } from './literal.ts'
import { unsupported } from './node-reader.ts'

const ZERO_TEXTS: Partial<Record<TypeKind, string>> = {
  boolean: 'false', smallint: '0', integer: '0', bigint: '0', decimal: '0', real: '0', double: '0', text: '',
  date: '1970-01-01', time: '00:00:00', timestamp: '1970-01-01 00:00:00', timestamptz: '1970-01-01 00:00:00+00',
  uuid: '00000000-0000-0000-0000-000000000000', bytea: '', interval: '0',
}

/** The keys of a value of a column, the same number for both sides of a join on that column. */
export function nullSafeKeys(value: Expression, column: OutputColumn, position: number | undefined): Expression[] {
  const { type } = column
  if (!column.nullable) return [value]
  const zero = ZERO_TEXTS[type.kind]
  if (zero === undefined) throw unsupported(`a correlated subquery over a column of type ${type.kind}`, position)
  return [
    { kind: 'call', fn: 'coalesce', type, args: [value, constant(type, parseScalar(type, zero))] },
    { kind: 'call', fn: 'is_null', type: BOOLEAN, args: [value] },
  ]
}
