// Syntax trees of statements that define things or set up the session, beside those of ast.ts. They are carried out by
// src/api as they stand: names are looked up when the statement runs.
import type { Query, TableRef } from './ast.ts'

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

/** Every statement of this file. */
export type Definition = CreateSchema | CreateView | DropObjects

/** As a member of ast.ts's Statement. */
export interface DefinitionStatement extends Node {
  readonly kind: 'definition'
  readonly definition: Definition
}
