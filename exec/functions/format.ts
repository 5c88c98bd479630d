// format() and its kin: text made of values of any type, and counting NULLs among arguments. These take NULLs as
// arguments like any other value.
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import { formatScalar } from '../../src/base/scalar-format.ts'
import type { Scalar } from '../../src/base/types.ts'
import type { CallContext, FunctionEntry, ScalarFunction } from './entry.ts'
import { scalar, typed } from './entry.ts'

const quoteLiteral = (text: string): string => {
  const quoted = `'${text.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`
  return text.includes('\\') ? `E${quoted}` : quoted
}
const quoteName = (text: string): string =>
  /^[a-z_][a-z0-9_$]*$/.test(text) ? text : `"${text.replaceAll('"', '""')}"`

// %[position$][-][width]type, as PostgreSQL's format(): s text, I identifier, L literal, %% a percent sign.
const SPECIFIER = /%(?:%|(?:(\d+)\$)?(-)?(\d+|\*)?(.)?)/gs

function format({ args }: CallContext): ScalarFunction {
  return (template: Scalar, ...values: Scalar[]) => {
    if (template === null) return null
    let next = 0
    const valueAt = (position: string | undefined): string | null => {
      const at = position === undefined ? next : Number(position) - 1
      if (at < 0) {
        const message = 'format specifies argument 0, but arguments are numbered from 1'
        throw new DatabaseError(CODE.INVALID_PARAMETER, message)
      }
      if (at >= values.length) throw new DatabaseError(CODE.INVALID_PARAMETER, 'too few arguments for format()')
      next = at + 1
      return values[at] === null ? null : formatScalar(args[at + 1]!, values[at]!)
    }
    return (template as string).replace(SPECIFIER, (whole, position, left, width, kind) => {
      if (whole === '%%') return '%'
      const wide = width === '*' ? Number(valueAt(undefined) ?? 0) : Number(width ?? 0)
      if (kind !== 's' && kind !== 'I' && kind !== 'L') {
        const what = kind === undefined ? 'unterminated format() type specifier'
          : `unrecognized format() type specifier "${String(kind)}"`
        throw new DatabaseError(CODE.INVALID_PARAMETER, what)
      }
      const text = valueAt(position as string | undefined)
      if (kind === 'I' && text === null) {
        throw new DatabaseError(CODE.NULL_NOT_ALLOWED, 'null values cannot be formatted as an SQL identifier')
      }
      const shown = kind === 's' ? text ?? '' : kind === 'I' ? quoteName(text!)
        : text === null ? 'NULL' : quoteLiteral(text)
      return left !== undefined || wide < 0 ? shown.padEnd(Math.abs(wide)) : shown.padStart(wide)
    })
  }
}

const count = (isNull: boolean): ScalarFunction => (...values: Scalar[]) =>
  values.filter(value => (value === null) === isNull).length

// \XXXX, \+XXXXXX, \uXXXX and \UXXXXXXXX.
function unistr(text: string): string {
  const pattern = /\\(?:\\|\+([0-9a-fA-F]{6})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-9a-fA-F]{4})|)/g
  return text.replace(pattern, (whole, ...codes: (string | undefined)[]) => {
    if (whole === '\\\\') return '\\'
    const code = codes.slice(0, 4).find(one => one !== undefined)
    if (code === undefined) throw new DatabaseError(CODE.SYNTAX, 'invalid Unicode escape')
    return String.fromCodePoint(parseInt(code, 16))
  })
}

export const FORMAT_FUNCTIONS: readonly FunctionEntry[] = [
  typed('format', 'text, any... -> text', format, { lax: true }), typed('format', 'text -> text', format),
  typed('quote_nullable', 'any -> text', ({ args }) => (value: Scalar) =>
    value === null ? 'NULL' : quoteLiteral(formatScalar(args[0]!, value)), { lax: true }),
  typed('quote_literal', 'any -> text', ({ args }) => (value: Scalar) => quoteLiteral(formatScalar(args[0]!, value))),
  scalar('num_nulls', 'any... -> integer', count(true), { lax: true }),
  scalar('num_nonnulls', 'any... -> integer', count(false), { lax: true }),
  scalar('unistr', 'text -> text', unistr),
]
