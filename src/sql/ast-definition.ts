// Syntax trees of statements that define things or set up the session, beside those of ast.ts. They are carried out by
// src/api as they stand: names are looked up when the statement runs.
import type {
  Assignment, CheckClause, ColumnDefinition, Expr, ForeignClause, FromItem, Query, Statement, TableRef, TypeNode,
    UniqueConstraint,
} from './ast.ts'

interface Node {
  readonly position?: number
}

/** CREATE SCHEMA [IF NOT EXISTS]. */
export interface CreateSchema extends Node {
  readonly kind: 'create_schema'
  readonly name: string
  readonly ifNotExists: boolean
}
/** CREATE [OR REPLACE] [TEMP] VIEW. */
export interface CreateView extends Node {
  readonly kind: 'create_view'
  readonly view: TableRef
  readonly replace: boolean
  readonly columns: readonly string[]
  readonly query: Query
  /** The query as it was written, and where its text begins: what `*` stands for is written into it. */
  readonly sql: string
  readonly stars: ViewStars
}
/** Places of stars in the text of a view: from the character at `position` (1-based) to before `end` of `sql`. */
export type ViewStars = ReadonlyMap<number, { readonly begin: number; readonly end: number }>

/** DROP of anything but an index. */
export interface DropObjects extends Node {
  readonly kind: 'drop_objects'
  readonly type: 'schema' | 'view' | 'sequence' | 'table'
  readonly names: readonly string[]
  readonly ifExists: boolean
  readonly cascade: boolean
}

/** An option of a sequence. `value` null: NO MINVALUE, NO MAXVALUE, RESTART, OWNED BY NONE. */
export interface SequenceOption extends Node {
  readonly name:
    | 'as' | 'increment' | 'minvalue' | 'maxvalue' | 'start' | 'cache' | 'restart' | 'cycle' | 'owned_by'
  readonly value: string | null
  /** OWNED BY table.column: the value is the column. */
  readonly table?: string
}
/** CREATE SEQUENCE. */
export interface CreateSequence extends Node {
  readonly kind: 'create_sequence'
  readonly name: string
  readonly temporary: boolean
  readonly ifNotExists: boolean
  readonly options: readonly SequenceOption[]
}
/** ALTER SEQUENCE. */
export interface AlterSequence extends Node {
  readonly kind: 'alter_sequence'
  readonly name: string
  readonly ifExists: boolean
  readonly options: readonly SequenceOption[]
}

/** One action of ALTER TABLE. */
export type AlterAction = Node & (
  | { readonly kind: 'add_column'; readonly elements: ElementList; readonly ifNotExists: boolean }
  | { readonly kind: 'drop_column'; readonly name: string; readonly ifExists: boolean; readonly cascade: boolean }
  | { readonly kind: 'type'; readonly name: string; readonly type: TypeNode; readonly using: Expr | null }
  | { readonly kind: 'default'; readonly name: string; readonly sql: string | null }
  | { readonly kind: 'not_null'; readonly name: string; readonly notNull: boolean }
  | { readonly kind: 'add_constraint'; readonly elements: ElementList }
  | { readonly kind: 'drop_constraint'; readonly name: string; readonly ifExists: boolean; readonly cascade: boolean }
  | {
    readonly kind: 'add_identity'; readonly name: string
    readonly identity: NonNullable<ColumnDefinition['identity']>
  }
  | { readonly kind: 'set_identity'; readonly name: string; readonly always: boolean | null
    readonly options: readonly SequenceOption[] }
  | { readonly kind: 'drop_identity' | 'drop_expression'; readonly name: string; readonly ifExists: boolean }
  | { readonly kind: 'nothing' }
)
/** What a column or constraint brings into a table. */
export interface ElementList {
  readonly columns: readonly ColumnDefinition[]
  readonly keys: readonly { readonly columns: readonly string[]; readonly name?: string | null }[]
  readonly uniques: readonly UniqueConstraint[]
  readonly checks: readonly CheckClause[]
  readonly foreign: readonly ForeignClause[]
}
/** ALTER TABLE with its actions in order. */
export interface AlterTable extends Node {
  readonly kind: 'alter_table'
  readonly table: string
  readonly ifExists: boolean
  readonly actions: readonly AlterAction[]
}
/** ALTER … RENAME and SET SCHEMA. */
export interface Rename extends Node {
  readonly kind: 'rename'
  readonly what: 'table' | 'view' | 'sequence' | 'index' | 'schema' | 'column' | 'constraint'
  /** The relation, or the schema. */
  readonly relation: string
  /** The column or constraint in it. */
  readonly part: string
  readonly to: string
  readonly ifExists: boolean
}
/** ALTER TABLE | VIEW | SEQUENCE … SET SCHEMA. */
export interface SetSchema extends Node {
  readonly kind: 'set_schema'
  readonly relation: string
  readonly schema: string
  readonly ifExists: boolean
}
/** COMMENT ON; text null takes the comment away. */
export interface CommentOn extends Node {
  readonly kind: 'comment'
  readonly what: string
  readonly path: readonly string[]
  readonly text: string | null
}

/** SET [LOCAL] name, or RESET with value null. */
export interface SetSetting extends Node {
  readonly kind: 'set'
  readonly name: string
  readonly value: string | null
  readonly isLocal: boolean
}
/** PREPARE name (types) AS statement. */
export interface Prepare extends Node {
  readonly kind: 'prepare'
  readonly name: string
  readonly types: readonly TypeNode[]
  readonly statement: Statement
}
/** EXECUTE name (values): becomes the statement before it is bound. */
export interface Execute extends Node {
  readonly kind: 'execute'
  readonly name: string
  readonly args: readonly Expr[]
}
/** DEALLOCATE; name null: ALL. */
export interface Deallocate extends Node {
  readonly kind: 'deallocate'
  readonly name: string | null
}
/** DECLARE name CURSOR. */
export interface Declare extends Node {
  readonly kind: 'declare'
  readonly name: string
  readonly query: Query
  /** False: NO SCROLL. */
  readonly scroll: boolean
  readonly hold: boolean
}
/** FETCH and MOVE: `count` rows, or null for all of them. */
export interface Fetch extends Node {
  readonly kind: 'fetch' | 'move'
  readonly name: string
  readonly direction: 'forward' | 'backward' | 'absolute' | 'relative'
  readonly count: number | null
}
/** CLOSE; name null: ALL. */
export interface Close extends Node {
  readonly kind: 'close'
  readonly name: string | null
}
/** WHEN … THEN … of MERGE. */
export interface MergeClause extends Node {
  readonly match: 'matched' | 'target' | 'source'
  readonly condition: Expr | null
  readonly action: 'update' | 'delete' | 'insert' | 'nothing'
  readonly assignments: readonly Assignment[]
  /** INSERT: its columns (empty: all) and values (null: DEFAULT VALUES). */
  readonly columns: readonly { readonly name: string; readonly position?: number }[]
  readonly values: readonly Expr[] | null
  readonly overriding?: 'user' | 'system'
}
/** MERGE. */
export interface Merge extends Node {
  readonly kind: 'merge'
  readonly target: TableRef
  readonly source: FromItem
  readonly on: Expr
  readonly clauses: readonly MergeClause[]
}
/** SET CONSTRAINTS; no names: ALL. */
export interface SetConstraints extends Node {
  readonly kind: 'set_constraints'
  readonly names: readonly string[]
  readonly deferred: boolean
}
/** RESET ALL, SHOW ALL, DISCARD ALL. */
export interface AllSettings extends Node { readonly kind: 'reset_all' | 'show_all' | 'discard_all' }

/** Every statement of this file. */
export type Definition =
  | CreateSchema | CreateView | DropObjects | CreateSequence | AlterSequence | AlterTable | Rename | SetSchema
  | CommentOn | SetSetting | AllSettings | SetConstraints
  | Prepare | Execute | Deallocate | Declare | Fetch | Close | Merge

/** As a member of ast.ts's Statement. */
export interface DefinitionStatement extends Node {
  readonly kind: 'definition'
  readonly definition: Definition
}
