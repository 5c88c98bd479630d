// Logical plans and bound expressions: the executor's input, produced by src/sql, free of SQL text.
// Plain immutable data. Names are resolved, types are decided and every implicit cast is explicit:
// nothing below this line guesses a type. Columns are ordinals into the output of the input node.
//
// Three-valued logic, NULL handling and result types are PostgreSQL's. `position` is the 1-based
// character position in the statement, kept so that run-time errors (22012 and the like) can point.
import type { ColumnSchema, IndexDefinition, Scalar, SqlType, TableSchema } from '../../src/base/types.ts'
import type { LockStrength, TransactionModes } from '../../storage/mod.ts'

interface ExpressionBase {
  readonly type: SqlType
  readonly position?: number
}

/** Column `index` of the input row. */
export interface ColumnExpression extends ExpressionBase {
  readonly kind: 'column'
  readonly index: number
  readonly nullable: boolean
  readonly name: string
}

/** A literal, already a Scalar of `type`. */
export interface ConstantExpression extends ExpressionBase {
  readonly kind: 'constant'
  readonly value: Scalar
}

/** Statement parameter, 0-based; its value is converted to `type` when the statement is bound. */
export interface ParameterExpression extends ExpressionBase {
  readonly kind: 'parameter'
  readonly index: number
}

/**
 * A function or operator of exec/functions, named by its catalogue id. Arguments already have the exact
 * types the overload wants. Logic is spelled with calls too: 'and', 'or' (n-ary), 'not', 'is_null',
 * 'is_not_null', 'is_distinct', comparisons 'eq' 'ne' 'lt' 'le' 'gt' 'ge', arithmetic 'add' 'sub' 'mul'
 * 'div' 'mod' 'neg', 'like', 'ilike', 'concat', 'coalesce', 'nullif', …
 */
export interface CallExpression extends ExpressionBase {
  readonly kind: 'call'
  readonly fn: string
  readonly args: readonly Expression[]
}

/** Explicit or implicit conversion of `arg` to `type`. */
export interface CastExpression extends ExpressionBase {
  readonly kind: 'cast'
  readonly arg: Expression
}

/** Searched CASE (simple CASE is rewritten to it). */
export interface CaseExpression extends ExpressionBase {
  readonly kind: 'case'
  readonly branches: readonly { readonly when: Expression; readonly then: Expression }[]
  readonly otherwise: Expression | null
}

/** `arg IN (items)` with SQL NULL semantics; items have arg's type. `negated` is NOT IN. */
export interface InExpression extends ExpressionBase {
  readonly kind: 'in'
  readonly arg: Expression
  readonly items: readonly Expression[]
  readonly negated: boolean
}

/**
 * Uncorrelated subquery, run once per execution. 'scalar': one column, at most one row (21000);
 * 'exists': boolean; 'in': `arg IN (plan)` with NULL semantics, possibly negated.
 */
export interface SubqueryExpression extends ExpressionBase {
  readonly kind: 'subquery'
  readonly mode: 'scalar' | 'exists' | 'in'
  readonly plan: LogicalPlan
  readonly arg?: Expression
  readonly negated?: boolean
}

export type Expression =
  | ColumnExpression | ConstantExpression | ParameterExpression | CallExpression
  | CastExpression | CaseExpression | InExpression | SubqueryExpression

/** An output column of a plan node. */
export interface OutputColumn {
  readonly name: string
  readonly type: SqlType
  readonly nullable: boolean
}

/** One aggregate call. `fn`: count_star, count, sum, avg, min, max, … (exec/functions/aggregates.ts). */
export interface AggregateCall {
  readonly fn: string
  readonly args: readonly Expression[]
  readonly distinct: boolean
  /** FILTER (WHERE …), or null. */
  readonly filter: Expression | null
  /** ORDER BY or WITHIN GROUP: the last `rowOrder.length` of `args` are its keys. */
  readonly rowOrder?: readonly { readonly descending: boolean; readonly nullsFirst: boolean }[]
  readonly type: SqlType
  readonly position?: number
}

export interface SortKey {
  readonly expression: Expression
  readonly descending: boolean
  readonly nullsFirst: boolean
}

/** One end of a window frame. `offset` (no columns, never NULL or negative) only with kind 'offset'. */
export interface FrameBound {
  readonly kind: 'unbounded' | 'offset' | 'current'
  readonly side: 'preceding' | 'following'
  readonly offset: Expression | null
}
export interface WindowFrame {
  readonly mode: 'rows' | 'range' | 'groups'
  readonly start: FrameBound
  readonly end: FrameBound
  readonly exclude: 'none' | 'current' | 'group' | 'ties'
}
/**
 * One window function call: an aggregate or a function of exec/functions/window.ts. Its partition are the first
 * `partition` keys of the node, its order the `order` keys after these: calls whose keys agree that far share a sort.
 */
export interface WindowCall {
  readonly fn: string
  readonly args: readonly Expression[]
  /** FILTER of an aggregate, or null. */
  readonly filter: Expression | null
  readonly partition: number
  readonly order: number
  readonly frame: WindowFrame
  readonly type: SqlType
  readonly position?: number
}

interface PlanBase {
  readonly output: readonly OutputColumn[]
}

/** All visible columns `columns` (ordinals of the table schema) of a table. */
export interface ScanPlan extends PlanBase {
  readonly kind: 'scan'
  readonly table: string
  readonly schema: TableSchema
  readonly columns: readonly number[]
}
export interface FilterPlan extends PlanBase {
  readonly kind: 'filter'
  readonly input: LogicalPlan
  readonly predicate: Expression
}
export interface ProjectPlan extends PlanBase {
  readonly kind: 'project'
  readonly input: LogicalPlan
  readonly expressions: readonly Expression[]
}
/** Output: the group expressions first, then the aggregates. No groups: exactly one row. */
export interface AggregatePlan extends PlanBase {
  readonly kind: 'aggregate'
  readonly input: LogicalPlan
  readonly groups: readonly Expression[]
  readonly aggregates: readonly AggregateCall[]
}
export interface SortPlan extends PlanBase {
  readonly kind: 'sort'
  readonly input: LogicalPlan
  readonly keys: readonly SortKey[]
}
/** LIMIT / OFFSET: expressions without columns, or null. */
export interface LimitPlan extends PlanBase {
  readonly kind: 'limit'
  readonly input: LogicalPlan
  readonly limit: Expression | null
  readonly offset: Expression | null
}
/** What to do about a row that another transaction has locked: wait or fail as the caller does, fail, leave it out. */
export type LockWait = 'block' | 'error' | 'skip'
/** A table whose rows are locked: its key columns, in key order, are columns of the input. */
export interface LockTarget {
  readonly table: string
  readonly columns: readonly number[]
  readonly strength: LockStrength
  readonly wait: LockWait
}
/** Passes rows on after locking the rows of base tables they come from; those that cannot be locked are left out. */
export interface LockPlan extends PlanBase {
  readonly kind: 'lock'
  readonly input: LogicalPlan
  readonly targets: readonly LockTarget[]
}
/** Output: the columns of the input, then one per call; rows in the order of the keys. */
export interface WindowPlan extends PlanBase {
  readonly kind: 'window'
  readonly input: LogicalPlan
  readonly keys: readonly SortKey[]
  readonly calls: readonly WindowCall[]
}
export interface DistinctPlan extends PlanBase { readonly kind: 'distinct'; readonly input: LogicalPlan }
/**
 * Rows of several inputs whose columns have equal types, NULL equal to NULL. 'union' appends any number of inputs and
 * is always ALL (UNION is DISTINCT above it). 'intersect' and 'except' have two; with `all` a row stays as often as
 * min(left, right) or left - right say, without it once.
 */
export interface SetPlan extends PlanBase {
  readonly kind: 'set'
  readonly operation: 'union' | 'intersect' | 'except'
  readonly all: boolean
  readonly inputs: readonly LogicalPlan[]
}
/**
 * Output: left columns then right columns; of 'semi' and 'anti' the left columns of the rows that have a partner, or
 * none, each once. Keys pair up by index and have equal types; residual sees both sides. `single`, of left joins only:
 * the right side is a scalar subquery, two partners of one row are 21000 at that position.
 */
export interface JoinPlan extends PlanBase {
  readonly kind: 'join'
  readonly join: 'inner' | 'left' | 'full' | 'cross' | 'semi' | 'anti'
  readonly single?: { readonly position: number | undefined }
  readonly left: LogicalPlan
  readonly right: LogicalPlan
  readonly leftKeys: readonly Expression[]
  readonly rightKeys: readonly Expression[]
  readonly residual: Expression | null
}
/** A WITH query, by identity: every reference to it holds the same object. It refers to nothing outside. */
export interface SharedSource {
  readonly name: string
  readonly plan: LogicalPlan
  /** Computed once however cheap it is and however often it is read. */
  readonly materialized: boolean
}
/** A reference to a WITH query: all of its columns. */
export interface SharedPlan extends PlanBase {
  readonly kind: 'shared'
  readonly source: SharedSource
}
/** The rows of the round before, inside the step of a recursive query: by identity. */
export interface WorkingTable { readonly name: string }
export interface WorkingPlan extends PlanBase {
  readonly kind: 'working'
  readonly table: WorkingTable
}
/**
 * WITH RECURSIVE: the seed, then the step over what came last until it gives nothing. Columns of equal types; without
 * `all` (UNION) a row comes once.
 */
export interface RecursivePlan extends PlanBase {
  readonly kind: 'recursive'
  readonly seed: LogicalPlan
  readonly step: LogicalPlan
  readonly table: WorkingTable
  readonly all: boolean
}
/** TABLESAMPLE: some rows of the input. Expressions without columns; `seed` is REPEATABLE, or null. */
export interface SamplePlan extends PlanBase {
  readonly kind: 'sample'
  readonly input: LogicalPlan
  readonly method: 'bernoulli' | 'system'
  readonly percent: Expression
  readonly seed: Expression | null
}
/** A call of a table function: exec/functions/series.ts. */
export interface TableFunctionCall {
  readonly fn: string
  readonly args: readonly Expression[]
  readonly type: SqlType
}
/**
 * The rows of table functions for every row of the input, side by side. Output: the columns of the input, one column
 * for each call, and with `ordinality` the number of the row (bigint). `outer`: a row without any is kept with NULLs.
 */
export interface UnfoldPlan extends PlanBase {
  readonly kind: 'unfold'
  readonly input: LogicalPlan
  readonly calls: readonly TableFunctionCall[]
  readonly ordinality: boolean
  readonly outer: boolean
}
/** Literal rows (VALUES, or one empty row for SELECT without FROM). */
export interface ValuesPlan extends PlanBase {
  readonly kind: 'values'
  readonly rows: readonly (readonly Expression[])[]
}

/**
 * RETURNING: expressions over what a statement changed. Their input is the new row, then the old row (every column of
 * the table each; NULLs where there is none), then the columns that the statement's input carries along for them.
 */
export interface Returning {
  readonly input: readonly OutputColumn[]
  readonly expressions: readonly Expression[]
}
/** ON CONFLICT: what happens to a row whose values another row has under an arbiter. */
export interface ConflictAction {
  /** Names of unique indexes, null for the primary key; 'all' of the table. */
  readonly arbiters: readonly (string | null)[] | 'all'
  /** null: DO NOTHING. The input of its expressions is the row that is there, then the one proposed. */
  readonly update: {
    readonly assignments: readonly number[]
    readonly values: readonly Expression[]
    readonly where: Expression | null
  } | null
}

/** Inserts the rows of `input`, whose columns are all columns of the table in order (hidden row id excluded). */
export interface InsertPlan extends PlanBase {
  readonly kind: 'insert'
  readonly table: string
  readonly schema: TableSchema
  readonly input: LogicalPlan
  readonly conflict?: ConflictAction
  readonly returning?: Returning
}
/**
 * `input` yields every column of the table (hidden ones too) in order, then one value per assignment, then what
 * RETURNING wants of other tables. `joined`: it may yield a row several times, of which the first counts.
 */
export interface UpdatePlan extends PlanBase {
  readonly kind: 'update'
  readonly table: string
  readonly schema: TableSchema
  readonly input: LogicalPlan
  readonly assignments: readonly number[]
  readonly joined?: boolean
  readonly returning?: Returning
}
/** `input` yields the key columns in key order; with RETURNING then every column, then those of other tables. */
export interface DeletePlan extends PlanBase {
  readonly kind: 'delete'
  readonly table: string
  readonly schema: TableSchema
  readonly input: LogicalPlan
  readonly returning?: Returning
}

export type LogicalPlan =
  | ScanPlan | FilterPlan | ProjectPlan | AggregatePlan | SortPlan | LimitPlan | LockPlan | DistinctPlan | JoinPlan
  | SetPlan | WindowPlan | SamplePlan | UnfoldPlan | SharedPlan | WorkingPlan | RecursivePlan | ValuesPlan
  | InsertPlan | UpdatePlan | DeletePlan

/** An index to be made. */
export interface NewIndex {
  /** null: `baseName`, numbered when that is taken. */
  readonly name: string | null
  readonly baseName: string
  readonly spec: Omit<IndexDefinition, 'of'>
}

/** What src/sql hands over: a query or DML plan, or one of the engine's own commands. */
export type BoundStatement =
  | { readonly kind: 'query'; readonly plan: LogicalPlan; readonly parameters: readonly SqlType[] }
  | {
    readonly kind: 'explain'; readonly analyze: boolean; readonly format: 'text' | 'json'
    readonly statement: BoundStatement
  }
  | {
    readonly kind: 'create_table'; readonly schema: TableSchema; readonly uniques: readonly NewIndex[]
    /** Sequences of its columns (src/sql/bind-generated.ts); nothing here looks into them. */
    readonly sequences: readonly object[]
    readonly ifNotExists: boolean
  }
  | {
    readonly kind: 'create_table_as'; readonly schema: TableSchema; readonly ifNotExists: boolean
    /** Inserts the rows of the query; null: WITH NO DATA. */
    readonly fill: LogicalPlan | null
  }
  | {
    readonly kind: 'truncate'; readonly tables: readonly string[]; readonly restart: boolean; readonly cascade: boolean
  }
  | { readonly kind: 'create_index'; readonly table: string; readonly index: NewIndex; readonly ifNotExists: boolean }
  | { readonly kind: 'drop_index'; readonly names: readonly string[]; readonly ifExists: boolean }
  | { readonly kind: 'reindex'; readonly target: 'index' | 'table' | 'database' | 'any'; readonly name: string | null }
  /** What src/api carries out from its syntax tree (src/sql/ast-definition.ts); nothing here looks into it. */
  | {
    readonly kind: 'definition'; readonly definition: { readonly kind: string }
    readonly output: readonly OutputColumn[]
  }
  | { readonly kind: 'begin'; readonly modes: TransactionModes }
  | { readonly kind: 'commit' | 'rollback' }
  | {
    readonly kind: 'set_transaction'; readonly scope: 'transaction' | 'session'; readonly modes: TransactionModes
  }
  | { readonly kind: 'show'; readonly name: string }
  | { readonly kind: 'savepoint' | 'release' | 'rollback_to'; readonly name: string }
  | { readonly kind: 'pragma'; readonly name: string; readonly value: Scalar | null; readonly argument: string | null }
  | { readonly kind: 'backup'; readonly path: string; readonly incremental: boolean }
  | {
    readonly kind: 'restore'; readonly from: string; readonly to: string
    readonly until: string | null; readonly archive: string | null
  }
  | {
    readonly kind: 'attach'; readonly path: string; readonly name: string; readonly readOnly: boolean
    readonly create: boolean
  }
  | { readonly kind: 'detach'; readonly name: string }
  | { readonly kind: 'show_tables' }
  | { readonly kind: 'describe'; readonly columns: readonly ColumnSchema[]; readonly schema: TableSchema }
