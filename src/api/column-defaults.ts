// Defaults of columns for rows that do not come through SQL: constants are bound once, the others (now(),
// random()) are evaluated for every row.
import type { ColumnSchema, Scalar, TableSchema } from '../base/types.ts'
import { evaluateConstant } from '../../exec/kernel/compile.ts'
import type { Expression } from '../../exec/plan/logical.ts'
import { bindDefault } from '../sql/bind.ts'

/** The defaults of one table. */
export class ColumnDefaults {
  readonly #expressions = new Map<string, Expression>()

  constructor(schema: TableSchema) {
    for (const column of schema.columns) {
      if (column.defaultSql !== undefined) this.#expressions.set(column.name, bindDefault(column))
    }
  }

  /** The value for a row that does not give one; NULL without a default. */
  valueOf(column: ColumnSchema): Scalar {
    const expression = this.#expressions.get(column.name)
    return expression === undefined ? null : evaluateConstant(expression, [], Date.now() * 1000)
  }
}
