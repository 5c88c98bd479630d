// Parameter values: JavaScript in, one Scalar per statement parameter out.
// Order and count are checked first, then each value is converted to the type the binder decided.
import { CODE, DatabaseError } from '../base/errors.ts'
import { parseDecimal } from '../base/decimal.ts'
import { fromJs } from '../base/scalar-js.ts'
import type { Scalar, SqlType } from '../base/types.ts'
import { decimalType } from '../base/types.ts'
import { didYouMean } from '../sql/nearest-name.ts'

/** Values by position, or by name for `:name` and `@name`. */
export type Parameters = readonly unknown[] | Readonly<Record<string, unknown>>

/** One value per parameter, in order. Throws 42P02 for missing and surplus values. */
export function orderParameters(given: Parameters, names: readonly (string | null)[]): readonly unknown[] {
  if (Array.isArray(given)) {
    if (given.length === names.length) return given
    throw wrongParameters(`the statement has ${names.length} parameters, but ${given.length} values were given`)
  }
  if (typeof given !== 'object' || given === null) {
    throw wrongParameters(`parameters are given as an array or an object, not as ${typeof given}`)
  }
  const values = given as Readonly<Record<string, unknown>>
  for (const name of Object.keys(values)) {
    if (!names.includes(name)) throw wrongParameters(`the statement has no parameter "${name}"`, name, names)
  }
  return names.map((name, i) => {
    if (name === null) throw wrongParameters(`parameter $${i + 1} has no name: give the values as an array`)
    if (!Object.hasOwn(values, name)) throw wrongParameters(`no value for parameter "${name}"`)
    return values[name]
  })
}

function wrongParameters(message: string, name?: string, names: readonly (string | null)[] = []): DatabaseError {
  const hint = name === undefined ? undefined : didYouMean(name, names.filter(known => known !== null))
  return new DatabaseError(CODE.UNDEFINED_PARAMETER, message, hint === undefined ? {} : { hint })
}

/** A value as a Scalar; errors say which parameter. `label` is its name or null. */
export function convertParameter(type: SqlType, value: unknown, index: number, label: string | null): Scalar {
  try {
    return fromJs(type, value)
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    const { hint, detail } = error
    throw new DatabaseError(error.code, `parameter ${label ?? `$${index + 1}`}: ${error.message}`, {
      cause: error, ...(hint === undefined ? {} : { hint }), ...(detail === undefined ? {} : { detail }),
    })
  }
}

/**
 * The decimal type that holds a value exactly when `type` does not, or null. A parameter compared with a
 * decimal column must not be rounded to the column's scale: 1.234 = price would be true for 1.23.
 */
export function widerDecimal(type: SqlType, value: unknown): SqlType | null {
  if (type.kind !== 'decimal') return null
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint') return null
  const parsed = parseDecimal(String(value))
  if (parsed === null) return null
  const whole = Math.max(1, String(parsed.unscaled).replace('-', '').length - parsed.scale)
  const [precision, scale] = [type.precision ?? 18, type.scale ?? 0]
  if (parsed.scale <= scale && whole <= precision - scale) return null
  const wideScale = Math.min(37, Math.max(parsed.scale, scale))
  return decimalType(38, Math.min(wideScale, 38 - Math.min(37, whole)))
}
