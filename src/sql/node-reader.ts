// Reads one node of libpg-query's tree and remembers which fields were looked at: whoever lowers a node calls
// done() at the end, and a field nobody consumed is a feature nobody implements: 0A000 with its name, never
// ignored. Protobuf omits default values (0, false, ''), so every accessor knows what absence means.
import { CODE, DatabaseError } from '../base/errors.ts'
import type { Query } from './ast.ts'
import type { SourceMap } from './statements.ts'

type Raw = Readonly<Record<string, unknown>>

/** What lowering shares over one statement. */
export interface LowerContext {
  readonly source: SourceMap
  /** Open expression and query levels. */
  depth: number
  /** Lowers a subquery; handed in, because queries hold expressions and expressions hold queries. */
  readonly lowerQuery: (node: NodeReader) => Query
}

/** Nesting beyond this would overflow the stack somewhere later: 54000 instead. */
const DEPTH_MAX = 1200

/** Fields by the SQL words that make them; others are shown by their own name. */
const FIELD_WORDS: Readonly<Record<string, string>> = {
  'SelectStmt.lockingClause': 'FOR UPDATE / FOR SHARE',
  'SelectStmt.intoClause': 'SELECT INTO',
  'FuncCall.agg_within_group': 'WITHIN GROUP', 'FuncCall.func_variadic': 'VARIADIC',
  'InsertStmt.withClause': 'WITH before INSERT',
  'UpdateStmt.withClause': 'WITH before UPDATE', 'DeleteStmt.withClause': 'WITH before DELETE',
  'CreateStmt.partspec': 'PARTITION BY', 'CreateStmt.inhRelations': 'INHERITS', 'CreateStmt.options': 'WITH (…)',
  'CreateStmt.tablespacename': 'TABLESPACE', 'CreateStmt.accessMethod': 'USING (access method)',
  'TypeName.setof': 'SETOF', 'TypeName.pct_type': '%TYPE',
  'ColumnDef.collClause': 'COLLATE', 'ColumnDef.storage_name': 'STORAGE', 'ColumnDef.compression': 'COMPRESSION',
  'IndexStmt.concurrent': 'CONCURRENTLY', 'IndexStmt.whereClause': 'a partial index (WHERE)',
  'IndexStmt.indexIncludingParams': 'INCLUDE', 'IndexStmt.nulls_not_distinct': 'NULLS NOT DISTINCT',
  'IndexStmt.tableSpace': 'TABLESPACE', 'IndexElem.collation': 'COLLATE', 'IndexElem.opclass': 'an operator class',
  'Constraint.nulls_not_distinct': 'NULLS NOT DISTINCT', 'Constraint.including': 'INCLUDE',
  'Constraint.deferrable': 'DEFERRABLE', 'Constraint.without_overlaps': 'WITHOUT OVERLAPS',
  'CommonTableExpr.search_clause': 'SEARCH',
  'CommonTableExpr.cycle_clause': 'CYCLE',
  'TransactionStmt.chain': 'AND CHAIN',
}

/** Node types by the SQL construct they stand for. */
const TAG_WORDS: Readonly<Record<string, string>> = {
  A_ArrayExpr: 'ARRAY[…]',
  A_Indirection: 'subscripts and field selection', CollateClause: 'COLLATE', RowExpr: 'row values here',
  RangeTableFunc: 'XMLTABLE',
  TableLikeClause: 'LIKE in CREATE TABLE', ViewStmt: 'CREATE VIEW',
  AlterTableStmt: 'ALTER TABLE',
  VariableSetStmt: 'SET', VariableShowStmt: 'SHOW', PrepareStmt: 'PREPARE', ExecuteStmt: 'EXECUTE',
  DeclareCursorStmt: 'DECLARE CURSOR', MergeStmt: 'MERGE', CreateSchemaStmt: 'CREATE SCHEMA', VacuumStmt: 'VACUUM',
  CreateFunctionStmt: 'CREATE FUNCTION', GrantStmt: 'GRANT', LockStmt: 'LOCK', CreateSeqStmt: 'CREATE SEQUENCE',
  RenameStmt: 'ALTER … RENAME', SetToDefault: 'DEFAULT here', MultiAssignRef: 'SET (a, b) = (…)',
  NamedArgExpr: 'named arguments', CurrentOfExpr: 'WHERE CURRENT OF', XmlExpr: 'XML', CreateEnumStmt: 'CREATE TYPE',
  CreateTrigStmt: 'CREATE TRIGGER', CommentStmt: 'COMMENT ON', DoStmt: 'DO', CallStmt: 'CALL', A_Star: '* here',
  DropdbStmt: 'DROP DATABASE', CreatedbStmt: 'CREATE DATABASE', NotifyStmt: 'NOTIFY', ListenStmt: 'LISTEN',
}

/** 0A000 that names the construct. */
export function unsupported(construct: string, position?: number): DatabaseError {
  return new DatabaseError(CODE.UNSUPPORTED, `${construct} is not supported`, { position })
}

/** A cursor over the fields of one node. */
export class NodeReader {
  readonly tag: string
  readonly context: LowerContext
  readonly #raw: Raw
  readonly #seen = new Set<string>(['location'])

  constructor(tag: string, raw: Raw, context: LowerContext) {
    this.tag = tag
    this.#raw = raw
    this.context = context
  }

  /** Reader of a `{ Tag: { … } }` wrapper. */
  static of(wrapped: unknown, context: LowerContext): NodeReader {
    const entries = Object.entries(wrapped as Raw)
    if (entries.length !== 1) throw unsupported('an empty list entry')
    return new NodeReader(entries[0]![0], entries[0]![1] as Raw, context)
  }

  /** Position in the user's text, or undefined where the tree has none. */
  get position(): number | undefined {
    const location = this.#raw['location'] ?? this.#raw['stmt_location']
    return typeof location === 'number' && location >= 0 ? this.context.source.ofByte(location) : undefined
  }

  has(field: string): boolean {
    return this.#raw[field] !== undefined
  }

  text(field: string): string {
    this.#seen.add(field)
    return (this.#raw[field] as string | undefined) ?? ''
  }

  number(field: string): number {
    this.#seen.add(field)
    return (this.#raw[field] as number | undefined) ?? 0
  }

  flag(field: string): boolean {
    this.#seen.add(field)
    return this.#raw[field] === true
  }

  /** A child node with its tag, or null. */
  node(field: string): NodeReader | null {
    this.#seen.add(field)
    const child = this.#raw[field]
    return child === undefined ? null : NodeReader.of(child, this.context)
  }

  /** A child node that must be there; the grammar guarantees it. */
  need(field: string): NodeReader {
    const child = this.node(field)
    if (child === null) throw unsupported(`${this.tag} without ${field}`, this.position)
    return child
  }

  /** A child whose type is fixed by the field, written without its tag. */
  bare(field: string, tag: string): NodeReader | null {
    this.#seen.add(field)
    const child = this.#raw[field]
    return child === undefined ? null : new NodeReader(tag, child as Raw, this.context)
  }

  nodes(field: string): NodeReader[] {
    this.#seen.add(field)
    return ((this.#raw[field] as unknown[] | undefined) ?? []).map(child => NodeReader.of(child, this.context))
  }

  /** As {@link nodes}, with null for empty entries. */
  nodesOrGaps(field: string): (NodeReader | null)[] {
    this.#seen.add(field)
    return ((this.#raw[field] as unknown[] | undefined) ?? [])
      .map(child => Object.keys(child as Raw).length === 0 ? null : NodeReader.of(child, this.context))
  }

  /** True for a list with one empty entry, which is how plain DISTINCT differs from DISTINCT ON. */
  isListOfNothing(field: string): boolean {
    this.#seen.add(field)
    const list = this.#raw[field] as unknown[]
    return list.length === 1 && Object.keys(list[0] as Raw).length === 0
  }

  /** A list of String nodes. */
  strings(field: string): string[] {
    return this.nodes(field).map(node => {
      if (node.tag !== 'String') throw node.unsupported()
      return node.text('sval')
    })
  }

  /** Declares fields that carry no meaning for this engine. */
  ignore(...fields: string[]): void {
    for (const field of fields) this.#seen.add(field)
  }

  /** Throws 0A000 for the first field that nobody read. */
  done(): void {
    for (const field in this.#raw) {
      if (this.#seen.has(field)) continue
      throw unsupported(FIELD_WORDS[`${this.tag}.${field}`] ?? `${this.tag}.${field}`, this.#nearPosition(field))
    }
  }

  /** 0A000 for this whole node. */
  unsupported(): DatabaseError {
    return unsupported(constructName(this.tag), this.position ?? this.#nearPosition(null))
  }

  /** Position of the field's own subtree, else of the node: a field such as RETURNING points at itself. */
  #nearPosition(field: string | null): number | undefined {
    const found = field === null ? firstLocation(this.#raw) : firstLocation(this.#raw[field])
    if (found !== null) return this.context.source.ofByte(found)
    return this.position
  }
}

function constructName(tag: string): string {
  return TAG_WORDS[tag] ?? tag.replace(/Stmt$/, '').replace(/([a-z])([A-Z])/g, '$1 $2')
}

function firstLocation(value: unknown): number | null {
  if (typeof value !== 'object' || value === null) return null
  const location = (value as Raw)['location']
  if (typeof location === 'number' && location >= 0) return location
  for (const child of Object.values(value)) {
    const found = firstLocation(child)
    if (found !== null) return found
  }
  return null
}

/** Runs `lower` one level deeper; 54000 when the statement nests too deeply. */
export function nested<T>(context: LowerContext, position: number | undefined, lower: () => T): T {
  if (++context.depth > DEPTH_MAX) throw tooDeep(position)
  const result = lower()
  context.depth--
  return result
}

/** 54000 for nesting. */
function tooDeep(position?: number): DatabaseError {
  return new DatabaseError(CODE.PROGRAM_LIMIT, `the statement nests more than ${DEPTH_MAX} levels`, { position })
}
