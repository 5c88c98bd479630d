// MERGE: one query joins source and target and says for every row which clause it meets and with which values; then the
// clauses are carried out row by row, on the rows as the query saw them.
//
//   SELECT CASE first clause that holds END, columns of the target, values of every clause … FROM source LEFT JOIN
// target
//
// A row of the target that two rows of the source would change is 21000, as in PostgreSQL.
import { CODE, DatabaseError } from '../base/errors.ts'
import { castScalar } from '../base/scalar-cast.ts'
import type { Row, Scalar, TableSchema } from '../base/types.ts'
import type { OutputColumn } from '../../exec/plan/logical.ts'
import type { Expr, FromItem, Query, SelectItem } from '../sql/ast.ts'
import type { Merge, MergeClause } from '../sql/ast-definition.ts'
import { checkAssigned, checkGiven } from '../sql/bind-generated.ts'
import { didYouMean } from '../sql/nearest-name.ts'
import { bareOf } from '../sql/relation-name.ts'
import { ColumnDefaults } from './column-defaults.ts'
import { FittingWriter } from './fit-row.ts'
import { runIn } from './internal-query.ts'
import type { Session } from './session.ts'

const MARK = '__merge_source'
/** A value that is the column's default. */
const DEFAULT = -1

/** MERGE. Returns how many rows were changed. */
export function merge(session: Session, statement: Merge): number {
  return session.write(txn => {
    const catalog = session.catalogOf(txn)
    const schema = catalog.schema(statement.target.name)
    if (schema === undefined) {
      const { name, position } = statement.target
      const hint = didYouMean(name, catalog.names())
      throw new DatabaseError(CODE.UNDEFINED_TABLE, `relation "${name}" does not exist`,
        { ...(position === undefined ? {} : { position }), ...(hint === undefined ? {} : { hint }) })
    }
    if (schema.columns[schema.key[0]!]!.hidden === true) {
      throw new DatabaseError(CODE.UNSUPPORTED, `MERGE into table "${statement.target.name}" without a primary key `
        + 'is not supported')
    }
    const plan = new MergePlan(statement, schema)
    const { columns, rows } = runIn(session, txn, { statement: plan.query(), parameterNames: [] })
    const writer = new FittingWriter(txn)
    const defaults = new ColumnDefaults(schema)
    const touched = new Set<string>()
    let changes = 0
    for (const row of rows) {
      const clause = row[0] === null ? undefined : statement.clauses[Number(row[0])]
      if (clause === undefined || clause.action === 'nothing') continue
      const old: Row = schema.columns.map((_, c) => row[1 + c]!)
      const key = schema.key.map(c => old[c]!)
      if (clause.action !== 'insert') refuseTwice(touched, key)
      const fresh = (from: Row): Row => plan.apply(Number(row[0]), from, row, columns, defaults)
      if (clause.action === 'insert') writer.insert(schema.name, fresh(schema.columns.map(() => null)))
      else if (clause.action === 'delete') writer.delete(schema.name, key)
      else writer.update(schema.name, key, fresh(old))
      changes++
    }
    return changes
  })
}

function refuseTwice(touched: Set<string>, key: readonly Scalar[]): void {
  const text = JSON.stringify(key.map(value => value instanceof Uint8Array ? [...value] : String(value)))
  if (touched.has(text)) {
    throw new DatabaseError(CODE.CARDINALITY, 'MERGE command cannot affect row a second time', {
      hint: 'Ensure that not more than one source row matches any one target row.',
    })
  }
  touched.add(text)
}

/** Where a clause's values are in the rows of the query: pairs of a column of the target and a column of the query. */
type Places = readonly (readonly [number, number])[]

class MergePlan {
  readonly #statement: Merge
  readonly #schema: TableSchema
  readonly #alias: string
  readonly #places: Places[] = []

  constructor(statement: Merge, schema: TableSchema) {
    this.#statement = statement
    this.#schema = schema
    this.#alias = statement.target.alias ?? bareOf(statement.target.name)
  }

  query(): Query {
    const { target, on, clauses } = this.#statement
    const columns = this.#schema.columns.map(({ name }): Expr => ({ kind: 'name', path: [this.#alias, name] }))
    const items: SelectItem[] = [{ expr: this.#choice(), alias: null }, ...columns.map(expr => ({ expr, alias: null }))]
    clauses.forEach((clause, i) => {
      const places: [number, number][] = []
      for (const { ordinal, value } of this.#valuesOf(clause)) {
        if (value.kind === 'default') {
          places.push([ordinal, DEFAULT])
          continue
        }
        places.push([ordinal, items.length])
        items.push({ expr: this.#onlyIf(i, value), alias: null })
      }
      this.#places.push(places)
    })
    const join = clauses.some(({ match }) => match === 'source') ? 'full' : 'left'
    const from: FromItem = {
      kind: 'join', join, left: marked(this.#statement.source), right: target, on, using: [], usingAlias: null,
      natural: false, alias: null, columnAliases: [],
    }
    return { ...EMPTY, items, from: [from] }
  }

  // Whether a row is there on both sides, or on one.
  #side(match: MergeClause['match']): Expr {
    const key = this.#schema.columns[this.#schema.key[0]!]!.name
    const isThere = (path: readonly string[], negated: boolean): Expr =>
      ({ kind: 'is', arg: { kind: 'name', path }, test: 'null', negated })
    const args = [isThere([MARK], match !== 'source'), isThere([this.#alias, key], match !== 'target')]
    return { kind: 'logic', op: 'and', args }
  }

  #holds({ match, condition }: MergeClause): Expr {
    return condition === null ? this.#side(match) : { kind: 'logic', op: 'and', args: [this.#side(match), condition] }
  }

  // The number of the first clause that holds.
  #choice(): Expr {
    const branches = this.#statement.clauses.map((clause, i) => ({
      when: this.#holds(clause), then: { kind: 'literal' as const, form: 'integer' as const, text: String(i) },
    }))
    return { kind: 'case', arg: null, branches, otherwise: null }
  }

  // A value where its clause is the first that holds; elsewhere it is not computed.
  #onlyIf(at: number, value: Expr): Expr {
    const none: Expr = { kind: 'literal', form: 'null', text: '' }
    const branches = this.#statement.clauses.slice(0, at + 1).map((clause, i) =>
      ({ when: this.#holds(clause), then: i === at ? value : none }))
    return { kind: 'case', arg: null, branches, otherwise: null }
  }

  #ordinal(name: string, position?: number): number {
    const ordinal = this.#schema.columns.findIndex(column => column.name === name)
    if (ordinal >= 0) return ordinal
    throw new DatabaseError(CODE.UNDEFINED_COLUMN,
      `column "${name}" of relation "${bareOf(this.#schema.name)}" does not exist`,
      position === undefined ? {} : { position })
  }

  #valuesOf(clause: MergeClause): { ordinal: number; value: Expr }[] {
    const { columns } = this.#schema
    if (clause.action === 'update') {
      return clause.assignments.map(({ column, value, position }) => {
        const ordinal = this.#ordinal(column, position)
        checkAssigned(columns[ordinal]!, value, position)
        return { ordinal, value }
      })
    }
    if (clause.action !== 'insert') return []
    const given = clause.values ?? []
    const targets = clause.columns.length > 0 ? clause.columns.map(({ name, position }) =>
      this.#ordinal(name, position))
      : columns.map((_, c) => c).slice(0, Math.max(given.length, 0))
    if (given.length > targets.length || (clause.columns.length > 0 && given.length < targets.length)) {
      throw new DatabaseError(CODE.SYNTAX, given.length > targets.length
        ? 'INSERT has more expressions than target columns'
        : 'INSERT has more target columns than expressions')
    }
    return columns.map((column, ordinal) => {
      const value = given[targets.indexOf(ordinal)]
      if (value === undefined) return { ordinal, value: { kind: 'default' } }
      checkGiven(column, value, clause.overriding)
      const isIgnored = clause.overriding === 'user' && column.identity !== undefined
      return { ordinal, value: isIgnored ? { kind: 'default' } : value }
    })
  }

  /** The row that a clause makes of `from`. */
  apply(clause: number, from: Row, row: readonly Scalar[], output: readonly OutputColumn[],
    defaults: ColumnDefaults): Row {
    const made = from.slice()
    for (const [ordinal, place] of this.#places[clause]!) {
      const column = this.#schema.columns[ordinal]!
      made[ordinal] = place === DEFAULT ? defaults.valueOf(column)
        : castScalar(output[place]!.type, column.type, row[place]!)
    }
    return made
  }
}

// The source with a column that is never NULL behind its own.
function marked(source: FromItem): FromItem {
  const mark: SelectItem = { expr: { kind: 'literal', form: 'integer', text: '1' }, alias: MARK }
  const items: SelectItem[] = [{ expr: { kind: 'star', table: null }, alias: null }, mark]
  const name = source.kind === 'table' ? source.alias ?? bareOf(source.name)
    : 'alias' in source ? source.alias : null
  return { kind: 'derived', query: { ...EMPTY, items, from: [source] }, alias: name, columnAliases: [], lateral: false }
}

const EMPTY: Query = {
  kind: 'select', with: [], set: null, rows: null, distinct: false, items: [], from: [], where: null, groupBy: [],
  having: null, orderBy: [], limit: null, offset: null, locks: [],
}
