// Prepared statements of a session by name: PREPARE, EXECUTE, DEALLOCATE. They are kept as syntax trees without places;
// EXECUTE puts its values where the parameters stand, cast to the types that PREPARE gave.
import { CODE, DatabaseError } from '../base/errors.ts'
import type { Expr, Statement } from '../sql/ast.ts'
import type { Execute, Prepare } from '../sql/ast-definition.ts'
import { withoutPositions } from '../sql/bind-view.ts'
import { bindWithParameters } from '../sql/bind.ts'
import { resolveType } from '../sql/column-type.ts'
import { didYouMean } from '../sql/nearest-name.ts'
import type { ParsedStatement } from '../sql/parse.ts'
import type { Session } from './session.ts'

interface Named {
  readonly statement: Statement
  readonly types: Prepare['types']
  readonly parameters: number
}

/** The prepared statements of one session; they outlive transactions. */
export class NamedStatements {
  readonly #named = new Map<string, Named>()

  /** PREPARE. 42P05 for a name that is taken, and what binding throws. */
  prepare(session: Session, { name, statement, types }: Prepare): void {
    if (this.#named.has(name)) {
      throw new DatabaseError(CODE.DUPLICATE_PREPARED, `prepared statement "${name}" already exists`)
    }
    const parameters = Math.max(types.length, parameterCount(statement))
    const parameterNames = new Array<null>(parameters).fill(null)
    const known = parameterNames.map((_, i) => types[i] === undefined ? null : resolveType(types[i]))
    bindWithParameters({ statement, parameterNames }, session.catalog, known)
    this.#named.set(name, { statement: withoutPositions(statement), types: withoutPositions(types), parameters })
  }

  /** DEALLOCATE; null: ALL. */
  deallocate(name: string | null): void {
    if (name === null) return this.#named.clear()
    if (!this.#named.delete(name)) throw this.#unknown(name)
  }

  /** The statement that an EXECUTE stands for. 26000 for an unknown name, 42601 for another number of values. */
  expand(parsed: ParsedStatement, { name, args }: Execute): ParsedStatement {
    const named = this.#named.get(name)
    if (named === undefined) throw this.#unknown(name)
    if (args.length !== named.parameters) {
      throw new DatabaseError(CODE.SYNTAX, `wrong number of parameters for prepared statement "${name}"`, {
        detail: `Expected ${named.parameters} parameters but got ${args.length}.`,
      })
    }
    const values = args.map((arg, i): Expr => {
      const type = named.types[i]
      return type === undefined ? arg : { kind: 'cast', arg, type }
    })
    return { ...parsed, statement: substitute(named.statement, values) }
  }

  #unknown(name: string): DatabaseError {
    const hint = didYouMean(name, this.#named.keys())
    return new DatabaseError(CODE.UNDEFINED_PREPARED, `prepared statement "${name}" does not exist`,
      hint === undefined ? {} : { hint })
  }
}

interface Tree {
  readonly kind?: unknown
  readonly index?: unknown
}

function parameterCount(tree: unknown): number {
  if (typeof tree !== 'object' || tree === null) return 0
  const { kind, index } = tree as Tree
  if (kind === 'parameter' && typeof index === 'number') return index + 1
  return Object.values(tree).reduce<number>((most, part) => Math.max(most, parameterCount(part)), 0)
}

// The tree with expressions in the place of parameters.
function substitute<T>(tree: T, values: readonly Expr[]): T {
  if (typeof tree !== 'object' || tree === null) return tree
  if (Array.isArray(tree)) return tree.map(item => substitute<unknown>(item, values)) as T
  const { kind, index } = tree as Tree
  if (kind === 'parameter' && typeof index === 'number') return values[index] as T
  return Object.fromEntries(Object.entries(tree).map(([name, part]) => [name, substitute<unknown>(part, values)])) as T
}
