// Row objects and row arrays from columns. The constructor of a statement's rows is generated once, as one
// object literal, so that all its rows share a hidden class; with duplicate names the last column wins.
import { toJs } from '../base/scalar-js.ts'
import type { JsOptions } from '../base/scalar-js.ts'
import type { Scalar, SqlType } from '../base/types.ts'
import type { Convert } from '../../storage/mod.ts'

/** A row as an object by column name. */
export type RowObject = Record<string, unknown>

/** How values of a type become JavaScript values; null = a Scalar is what the user sees. */
export function converterFor(type: SqlType, options: JsOptions): Convert {
  switch (type.kind) {
    case 'smallint': case 'integer': case 'real': case 'double': case 'json': case 'jsonb': case 'bytea':
    case 'null': return null
    case 'bigint': return options.int64 === undefined ? null : value => toJs(type, value, options)
    case 'text': return type.blankPadded === true ? value => toJs(type, value, options) : null
    case 'boolean': return value => value === null ? null : value !== 0
    default: return value => toJs(type, value, options)
  }
}

/** Property of an object literal; `__proto__` must not set the prototype. */
function propertyName(name: string): string {
  return name === '__proto__' ? '["__proto__"]' : JSON.stringify(name)
}

/** Row `i` of column arrays as an object. */
export type RowBuilder = (columns: readonly (readonly unknown[])[], i: number) => RowObject

const builders = new Map<string, RowBuilder>()
const BUILDERS_MAX = 500

/** The constructor for rows with these column names; cached for the process. */
export function rowBuilder(names: readonly string[]): RowBuilder {
  const last = new Map(names.map((name, i) => [name, i]))
  const source = `return { ${[...last].map(([name, i]) => `${propertyName(name)}: c[${i}][i]`).join(', ')} }`
  let builder = builders.get(source)
  if (builder === undefined) {
    builder = new Function('c', 'i', source) as RowBuilder
    if (builders.size >= BUILDERS_MAX) builders.clear()
    builders.set(source, builder)
  }
  return builder
}

/** A row object from whole-row Scalars: `columns` are ordinals into the row. */
export function scalarRowBuilder(
  names: readonly string[], columns: readonly number[], converts: readonly Convert[],
): (row: readonly Scalar[]) => RowObject {
  const last = new Map(names.map((name, i) => [name, i]))
  const fields = [...last].map(([name, i]) => {
    const value = `row[${columns[i]}]`
    return `${propertyName(name)}: ${converts[i] === null ? value : `converts[${i}](${value})`}`
  })
  return new Function(
    'converts', `return row => ({ ${fields.join(', ')} })`
  )(converts) as (row: readonly Scalar[]) => RowObject
}
