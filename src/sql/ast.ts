// Our own syntax tree: small, closed, immutable. parse.ts makes it, the binder reads it, nothing else does.
// `position` is the 1-based character in the text the user gave (of the operator for infix expressions).
import type { CopyStatement } from './ast-copy.ts'
import type { FunctionRef, SampleClause } from './ast-from.ts'
import type { LockWait } from '../../exec/plan/logical.ts'
import type { ReferentialAction } from '../base/types.ts'
import type { DefinitionStatement, SequenceOption } from './ast-definition.ts'
import type { LockStrength, TransactionModes } from '../../storage/mod.ts'

interface Node {
  readonly position?: number
}

/** A type as written: lower-case name and modifiers, `varchar(10)` or `numeric(12,2)`. */
export interface TypeNode extends Node {
  readonly name: string
  readonly modifiers: readonly number[]
  /** int[]: an array of the type. */
  readonly isArray?: boolean
}

export interface NameExpr extends Node { readonly kind: 'name'; readonly path: readonly string[] }
/** `*` or `t.*`; only in a select list. */
export interface StarExpr extends Node { readonly kind: 'star'; readonly table: string | null }
/** `form` says how the text was written: 1, 1.5e3, 'x', x'ff'. */
export interface LiteralExpr extends Node {
  readonly kind: 'literal'
  readonly form: 'null' | 'boolean' | 'integer' | 'decimal' | 'string' | 'hex'
  readonly text: string
}
/** 0-based. */
export interface ParameterExpr extends Node { readonly kind: 'parameter'; readonly index: number }
/** Infix, or prefix when `left` is null. LIKE is ~~, NOT LIKE !~~, ILIKE ~~*, NOT ILIKE !~~*. */
export interface OperatorExpr extends Node {
  readonly kind: 'operator'
  readonly symbol: string
  readonly left: Expr | null
  readonly right: Expr
  /** LIKE … ESCAPE. */
  readonly escape?: Expr
}
export interface LogicExpr extends Node {
  readonly kind: 'logic'
  readonly op: 'and' | 'or' | 'not'
  readonly args: readonly Expr[]
}
/** IS [NOT] NULL | TRUE | FALSE | UNKNOWN. */
export interface IsExpr extends Node {
  readonly kind: 'is'
  readonly arg: Expr
  readonly test: 'null' | 'true' | 'false' | 'unknown'
  readonly negated: boolean
}
export interface DistinctExpr extends Node {
  readonly kind: 'distinct'
  readonly left: Expr
  readonly right: Expr
  readonly negated: boolean
}
export interface BetweenExpr extends Node {
  readonly kind: 'between'
  readonly arg: Expr
  readonly low: Expr
  readonly high: Expr
  readonly negated: boolean
  readonly symmetric: boolean
}
export interface InExpr extends Node {
  readonly kind: 'in'
  readonly arg: Expr
  readonly items: readonly Expr[]
  readonly negated: boolean
}
/** `symbol`: of ANY and ALL. */
export interface SubqueryExpr extends Node {
  readonly kind: 'subquery'
  readonly mode: 'scalar' | 'exists' | 'in' | 'any' | 'all'
  readonly query: Query
  readonly arg?: Expr
  readonly symbol?: string
  readonly negated: boolean
}
/** op ANY (ARRAY[…]), op ALL (ARRAY[…]). */
export interface QuantifiedExpr extends Node {
  readonly kind: 'quantified'
  readonly symbol: string
  readonly all: boolean
  readonly arg: Expr
  readonly items: readonly Expr[]
}
/** Simple CASE keeps its `arg`. */
export interface CaseExpr extends Node {
  readonly kind: 'case'
  readonly arg: Expr | null
  readonly branches: readonly { readonly when: Expr; readonly then: Expr }[]
  readonly otherwise: Expr | null
}
export interface CastExpr extends Node { readonly kind: 'cast'; readonly arg: Expr; readonly type: TypeNode }
export interface CallExpr extends Node {
  readonly kind: 'call'
  readonly name: string
  readonly args: readonly Expr[]
  /** count(*). */
  readonly star: boolean
  readonly distinct: boolean
  readonly filter: Expr | null
  /** ORDER BY inside the parentheses, or of WITHIN GROUP. */
  readonly orderBy?: readonly OrderItem[]
  readonly withinGroup?: boolean
  /** OVER …; absent for plain calls. */
  readonly over?: WindowDefinition
}
/** One end of a frame. `offset` is null for UNBOUNDED and for CURRENT ROW. */
export interface FrameEnd {
  readonly kind: 'unbounded' | 'offset' | 'current'
  readonly side: 'preceding' | 'following'
  readonly offset: Expr | null
}
/** ROWS | RANGE | GROUPS BETWEEN start AND end EXCLUDE …. */
export interface FrameClause {
  readonly mode: 'rows' | 'range' | 'groups'
  readonly start: FrameEnd
  readonly end: FrameEnd
  readonly exclude: 'none' | 'current' | 'group' | 'ties'
}
/** OVER w, OVER (…) or one entry of the WINDOW clause. */
export interface WindowDefinition extends Node {
  /** The name it has (WINDOW) or the whole of what it is (OVER w). */
  readonly name: string | null
  /** The window it adds to: OVER (w …). */
  readonly base: string | null
  readonly partitionBy: readonly Expr[]
  readonly orderBy: readonly OrderItem[]
  readonly frame: FrameClause | null
}
/** (a, b): only compared with another row or in IN lists. */
export interface RowExpr extends Node { readonly kind: 'row'; readonly items: readonly Expr[] }
/** DEFAULT in VALUES or SET. */
export interface DefaultExpr extends Node { readonly kind: 'default' }

export type Expr =
  | NameExpr | StarExpr | LiteralExpr | ParameterExpr | OperatorExpr | LogicExpr | IsExpr | DistinctExpr
  | BetweenExpr | InExpr | SubqueryExpr | QuantifiedExpr | CaseExpr | CastExpr | CallExpr | RowExpr | DefaultExpr

export interface SelectItem extends Node { readonly expr: Expr; readonly alias: string | null }
export interface OrderItem extends Node {
  readonly expr: Expr
  readonly descending: boolean
  readonly nullsFirst: boolean | null
}

export interface TableRef extends Node {
  readonly sample?: SampleClause
  readonly kind: 'table'
  readonly name: string
  readonly alias: string | null
  readonly columnAliases: readonly string[]
  /** CREATE TEMP …; never in FROM. */
  readonly temporary?: boolean
}
export interface DerivedRef extends Node {
  readonly kind: 'derived'
  readonly lateral: boolean
  readonly query: Query
  readonly alias: string | null
  readonly columnAliases: readonly string[]
}
export interface JoinRef extends Node {
  readonly kind: 'join'
  readonly join: 'inner' | 'left' | 'right' | 'full' | 'cross'
  readonly left: FromItem
  readonly right: FromItem
  readonly on: Expr | null
  readonly using: readonly string[]
  /** USING (…) AS name. */
  readonly usingAlias: string | null
  readonly natural: boolean
  /** Of the join in parentheses. */
  readonly alias: string | null
  readonly columnAliases: readonly string[]
}
export type FromItem = FunctionRef | TableRef | DerivedRef | JoinRef

export interface CommonTable extends Node {
  readonly name: string
  readonly columnAliases: readonly string[]
  readonly query: Query
  /** WITH RECURSIVE: it may name itself. */
  readonly recursive: boolean
  /** [NOT] MATERIALIZED; null: as it pays. */
  readonly materialized: 'always' | 'never' | null
}

/** FOR UPDATE or FOR SHARE [OF tables] [NOWAIT | SKIP LOCKED]. */
export interface LockingClause extends Node {
  /** Names or aliases; empty: every table of FROM. */
  readonly tables: readonly ColumnName[]
  readonly strength: LockStrength
  readonly wait: LockWait
}

/** left UNION right and so on; a chain without parentheses leans to the left, INTERSECT binds tighter. */
export interface SetOperation {
  readonly operation: 'union' | 'intersect' | 'except'
  readonly all: boolean
  readonly left: Query
  readonly right: Query
}

/** SELECT, VALUES (then `rows` is set) or a set operation (`set`); the select clauses of those two are empty. */
export interface Query extends Node {
  readonly kind: 'select'
  readonly with: readonly CommonTable[]
  readonly set: SetOperation | null
  readonly rows: readonly (readonly Expr[])[] | null
  readonly distinct: boolean
  /** DISTINCT ON (…); empty: without. */
  readonly distinctOn?: readonly Expr[]
  readonly items: readonly SelectItem[]
  readonly from: readonly FromItem[]
  readonly where: Expr | null
  readonly groupBy: readonly Expr[]
  /** Sets of GROUP BY expressions by place: GROUPING SETS, ROLLUP, CUBE; null without them. */
  readonly groupingSets?: readonly (readonly number[])[] | null
  /** GROUP BY DISTINCT: equal sets count once. */
  readonly groupDistinct?: boolean
  readonly having: Expr | null
  /** QUALIFY: a condition over the rows with their window functions. */
  readonly qualify?: Expr | null
  /** The WINDOW clause. */
  readonly windows?: readonly WindowDefinition[]
  readonly orderBy: readonly OrderItem[]
  readonly limit: Expr | null
  /** FETCH FIRST … WITH TIES. */
  readonly withTies?: boolean
  readonly offset: Expr | null
  readonly locks: readonly LockingClause[]
}

export interface ColumnName extends Node { readonly name: string }

export interface InsertStatement extends Node {
  readonly kind: 'insert'
  readonly table: TableRef
  /** Empty: all columns in order. */
  readonly columns: readonly ColumnName[]
  /** null: DEFAULT VALUES. */
  readonly query: Query | null
  readonly conflict: ConflictClause | null
  /** OVERRIDING USER | SYSTEM VALUE. */
  readonly overriding?: 'user' | 'system'
  readonly returning: ReturningClause | null
}
/** ON CONFLICT. Neither columns nor a constraint: any of them. */
export interface ConflictClause extends Node {
  readonly columns: readonly ColumnName[]
  readonly constraint: string | null
  /** null: DO NOTHING. */
  readonly update: { readonly assignments: readonly Assignment[]; readonly where: Expr | null } | null
  /** INSERT OR REPLACE: all columns are as proposed. */
  readonly replaces: boolean
}
/** RETURNING [WITH (OLD AS name, NEW AS name)] items. */
export interface ReturningClause {
  readonly items: readonly SelectItem[]
  readonly old: string
  readonly new: string
}
export interface Assignment extends Node { readonly column: string; readonly value: Expr }
export interface UpdateStatement extends Node {
  readonly kind: 'update'
  readonly table: TableRef
  readonly assignments: readonly Assignment[]
  readonly from: readonly FromItem[]
  readonly where: Expr | null
  readonly returning: ReturningClause | null
}
export interface DeleteStatement extends Node {
  readonly kind: 'delete'
  readonly table: TableRef
  readonly using: readonly FromItem[]
  readonly where: Expr | null
  readonly returning: ReturningClause | null
}

export interface ColumnDefinition extends Node {
  readonly name: string
  readonly type: TypeNode
  readonly notNull: boolean
  readonly primaryKey: boolean
  readonly defaultExpr: Expr | null
  readonly defaultSql: string | null
  /** CONSTRAINT name PRIMARY KEY. */
  readonly keyName?: string
  /** serial, bigserial, smallserial. */
  readonly serial?: boolean
  readonly identity?: { readonly always: boolean; readonly options: readonly SequenceOption[] }
  /** GENERATED ALWAYS AS (…) STORED. */
  readonly generatedSql?: string
}
/** FOREIGN KEY of the table, or REFERENCES of a column. */
export interface ForeignClause extends Node {
  readonly name: string | null
  readonly columns: readonly string[]
  readonly table: TableRef
  /** Empty: the primary key. */
  readonly references: readonly string[]
  readonly onUpdate: ReferentialAction
  readonly onDelete: ReferentialAction
  readonly setColumns?: readonly string[]
  readonly deferrable?: boolean
  readonly deferred?: boolean
}
export interface CreateTableStatement extends Node {
  readonly kind: 'create_table'
  readonly table: string
  readonly temporary?: boolean
  /** ON COMMIT of a temporary table. */
  readonly onCommit?: 'preserve' | 'delete' | 'drop'
  readonly ifNotExists: boolean
  readonly columns: readonly ColumnDefinition[]
  /** Table constraints PRIMARY KEY (a, b); more than one is 42P16. */
  readonly keys: readonly {
    readonly position?: number; readonly columns: readonly string[]; readonly name?: string | null
  }[]
  /** WITH (name = value, …), in lower case. */
  readonly options: readonly { readonly name: string; readonly value: string; readonly position?: number }[]
  /** UNIQUE constraints of columns and of the table, in order. */
  readonly uniques: readonly UniqueConstraint[]
  readonly checks: readonly CheckClause[]
  readonly foreign?: readonly ForeignClause[]
}
/** CHECK of a column or of the table: its condition as text. */
export interface CheckClause extends Node { readonly name: string | null; readonly sql: string }
/** CREATE TABLE … AS query [WITH NO DATA]. */
export interface CreateTableAsStatement extends Node {
  readonly kind: 'create_table_as'
  readonly table: string
  readonly temporary?: boolean
  readonly onCommit?: CreateTableStatement['onCommit']
  /** Names of the first columns; the others keep the query's. */
  readonly columns: readonly string[]
  readonly query: Query
  readonly ifNotExists: boolean
  readonly withData: boolean
  readonly options: CreateTableStatement['options']
}
export interface TruncateStatement extends Node {
  readonly kind: 'truncate'
  readonly tables: readonly TableRef[]
  /** RESTART IDENTITY. */
  readonly restart: boolean
  readonly cascade: boolean
}
export interface UniqueConstraint extends Node { readonly name: string | null; readonly columns: readonly string[] }
export interface CreateIndexStatement extends Node {
  readonly kind: 'create_index'
  /** null: named after the table and its columns. */
  readonly name: string | null
  readonly table: string
  readonly columns: readonly ColumnName[]
  readonly unique: boolean
  readonly ifNotExists: boolean
  /** null: no USING. */
  readonly method: string | null
  readonly options: readonly (Node & { readonly name: string; readonly value: string | number | null })[]
}
export interface DropIndexStatement extends Node {
  readonly kind: 'drop_index'
  readonly names: readonly string[]
  readonly ifExists: boolean
}
export interface ReindexStatement extends Node {
  readonly kind: 'reindex'
  readonly target: 'index' | 'table' | 'database' | 'any'
  readonly name: string | null
}
export interface BeginStatement extends Node { readonly kind: 'begin'; readonly modes: TransactionModes }
export interface TransactionStatement extends Node { readonly kind: 'commit' | 'rollback' }
/** SET TRANSACTION, or SET SESSION CHARACTERISTICS AS TRANSACTION. */
export interface SetTransactionStatement extends Node {
  readonly kind: 'set_transaction'
  readonly scope: 'transaction' | 'session'
  readonly modes: TransactionModes
}
export interface ShowStatement extends Node { readonly kind: 'show'; readonly name: string }
export interface SavepointStatement extends Node {
  readonly kind: 'savepoint' | 'release' | 'rollback_to'
  readonly name: string
}
export interface ExplainStatement extends Node {
  readonly kind: 'explain'
  readonly analyze: boolean
  readonly format: 'text' | 'json'
  readonly statement: Statement
}
export interface PragmaStatement extends Node {
  readonly kind: 'pragma'
  readonly name: string
  readonly value: string | number | null
  /** What stands in parentheses before `= value`: PRAGMA name(argument) = value. */
  readonly argument: string | null
}
export interface BackupStatement extends Node {
  readonly kind: 'backup'
  readonly path: string
  readonly incremental: boolean
}
export interface RestoreStatement extends Node {
  readonly kind: 'restore'
  readonly from: string
  readonly to: string
  /** Text of a timestamp, null = the whole backup. */
  readonly until: string | null
  readonly archive: string | null
}
export interface AttachStatement extends Node {
  readonly kind: 'attach'
  readonly path: string
  readonly name: string
  readonly readOnly: boolean
  readonly create: boolean
}
export interface DetachStatement extends Node { readonly kind: 'detach'; readonly name: string }
export interface ShowTablesStatement extends Node { readonly kind: 'show_tables' }
export interface DescribeStatement extends Node { readonly kind: 'describe'; readonly table: string }

export type Statement =
  | DefinitionStatement
  | CreateIndexStatement | DropIndexStatement | ReindexStatement
  | CreateTableAsStatement | TruncateStatement
  | Query | InsertStatement | UpdateStatement | DeleteStatement | CreateTableStatement
  | BeginStatement | TransactionStatement | SetTransactionStatement | ShowStatement
  | SavepointStatement | ExplainStatement | PragmaStatement | ShowTablesStatement
  | DescribeStatement | BackupStatement | RestoreStatement | AttachStatement | DetachStatement | CopyStatement
