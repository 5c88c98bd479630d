// CREATE TABLE of libpg-query's tree to ours, and its parts for ALTER TABLE: columns and constraints. Constraints that
// the engine does not enforce are refused by name.
import type {
  CheckClause, ColumnDefinition, CreateTableStatement, Expr, ForeignClause, Statement, TableRef, TypeNode,
  UniqueConstraint,
} from './ast.ts'
import type { ReferentialAction } from '../base/types.ts'
import { checkText, defaultText } from './default-text.ts'
import { lowerExpr } from './lower-expression.ts'
import { lowerTable } from './lower-query.ts'
import { lowerSequenceOptions } from './lower-sequence.ts'
import { lowerType } from './lower-type.ts'
import type { NodeReader } from './node-reader.ts'
import { unsupported } from './node-reader.ts'
import type { StatementText } from './statements.ts'

/** Columns and constraints as they are met. */
export class TableElements {
  readonly columns: ColumnDefinition[] = []
  readonly keys: CreateTableStatement['keys'][number][] = []
  readonly uniques: UniqueConstraint[] = []
  readonly checks: CheckClause[] = []
  readonly foreign: ForeignClause[] = []
}

/** CREATE TABLE. */
export function lowerCreate(node: NodeReader, text: StatementText): Statement {
  const relation = lowerTable(node.bare('relation', 'RangeVar')!)
  const elements = new TableElements()
  for (const element of node.nodes('tableElts')) {
    if (element.tag === 'ColumnDef') lowerColumnDefinition(element, text, elements)
    else if (element.tag === 'Constraint') lowerConstraint(element, text, elements)
    else throw element.unsupported()
  }
  const options = lowerOptions(node)
  const ifNotExists = node.flag('if_not_exists')
  const lifetime = lowerLifetime(relation, node.text('oncommit'))
  node.done()
  return {
    kind: 'create_table', table: relation.name, ...lifetime, ifNotExists, ...elements, options,
    position: relation.position,
  }
}

const ON_COMMIT: Readonly<Record<string, CreateTableStatement['onCommit']>> = {
  ONCOMMIT_PRESERVE_ROWS: 'preserve', ONCOMMIT_DELETE_ROWS: 'delete', ONCOMMIT_DROP: 'drop',
}

/** TEMP and ON COMMIT. */
export function lowerLifetime(
  { temporary }: TableRef, onCommit: string,
): Pick<CreateTableStatement, 'temporary' | 'onCommit'> {
  const action = ON_COMMIT[onCommit]
  return { ...(temporary === true ? { temporary } : {}), ...(action === undefined ? {} : { onCommit: action }) }
}

/** WITH (name = value, …). */
export function lowerOptions(node: NodeReader): CreateTableStatement['options'] {
  return node.nodes('options').map(option => {
    const name = option.text('defname').toLowerCase()
    const value = optionValue(option)
    if (option.text('defnamespace') !== '') throw unsupported('a namespace in WITH', option.position)
    return { name, value, position: option.position }
  })
}

/** The value of an option as text in lower case; empty without one. */
export function optionValue(option: NodeReader): string {
  const arg = option.node('arg')
  if (arg === null) return ''
  if (arg.tag === 'String') return arg.text('sval').toLowerCase()
  if (arg.tag === 'Integer') return String(arg.number('ival'))
  if (arg.tag === 'Boolean') return String(arg.flag('boolval'))
  throw arg.unsupported()
}


const CONSTRAINT_WORDS: Readonly<Record<string, string>> = {
  CONSTR_ATTR_NOT_ENFORCED: 'NOT ENFORCED', CONSTR_EXCLUSION: 'EXCLUDE', CONSTR_PRIMARY: 'PRIMARY KEY here',
  CONSTR_ATTR_DEFERRABLE: 'DEFERRABLE here', CONSTR_ATTR_DEFERRED: 'INITIALLY DEFERRED here',
}

/** A constraint of the table. */
export function lowerConstraint(node: NodeReader, text: StatementText, into: TableElements): void {
  const type = node.text('contype')
  const constraint = { columns: node.strings('keys'), position: node.position }
  const name = node.text('conname') || null
  node.ignore('is_enforced', 'initially_valid')
  switch (type) {
    case 'CONSTR_PRIMARY': into.keys.push({ ...constraint, name }); break
    case 'CONSTR_UNIQUE': into.uniques.push({ name, ...constraint }); break
    case 'CONSTR_CHECK': into.checks.push(lowerCheck(node, text)); break
    case 'CONSTR_FOREIGN':
      into.foreign.push({
        ...lowerForeign(node, node.strings('fk_attrs')),
        ...(node.flag('deferrable') ? { deferrable: true } : {}),
          ...(node.flag('initdeferred') ? { deferred: true } : {}),
      })
      break
    default: throw unsupported(CONSTRAINT_WORDS[type] ?? type, node.position)
  }
  node.done()
}

function lowerCheck(node: NodeReader, text: StatementText): CheckClause {
  if (!node.flag('is_enforced')) throw unsupported('NOT ENFORCED', node.position)
  // Lowered for what the grammar allows and this engine does not; the text is what is kept.
  lowerExpr(node.need('raw_expr'))
  node.ignore('is_no_inherit', 'skip_validation')
  return { name: node.text('conname') || null, sql: checkText(text, node.position!), position: node.position }
}

const ACTIONS: Readonly<Record<string, ReferentialAction>> = {
  a: 'no action', r: 'restrict', c: 'cascade', n: 'set null', d: 'set default',
}

function lowerForeign(node: NodeReader, columns: readonly string[]): ForeignClause {
  if (node.text('fk_matchtype') === 'f') throw unsupported('MATCH FULL', node.position)
  if (node.flag('skip_validation')) throw unsupported('NOT VALID', node.position)
  const setColumns = node.strings('fk_del_set_cols')
  return {
    name: node.text('conname') || null, columns, table: lowerTable(node.bare('pktable', 'RangeVar')!),
    references: node.strings('pk_attrs'), onUpdate: ACTIONS[node.text('fk_upd_action')] ?? 'no action',
    onDelete: ACTIONS[node.text('fk_del_action')] ?? 'no action',
    ...(setColumns.length === 0 ? {} : { setColumns }), position: node.position,
  }
}

const SERIALS: Readonly<Record<string, string>> = {
  serial: 'int4', serial4: 'int4', bigserial: 'int8', serial8: 'int8', smallserial: 'int2', serial2: 'int2',
}

/** A column with its constraints, those of the table among them. */
export function lowerColumnDefinition(node: NodeReader, text: StatementText, into: TableElements): ColumnDefinition {
  const name = node.text('colname')
  const typeNode = node.bare('typeName', 'TypeName')
  if (typeNode === null) throw unsupported(`a column without a type ("${name}")`, node.position)
  const written: TypeNode = lowerType(typeNode)
  const serial = SERIALS[written.name]
  const type = serial === undefined ? written : { ...written, name: serial }
  let column: ColumnDefinition = {
    name, type, notNull: serial !== undefined, primaryKey: false, defaultExpr: null, defaultSql: null,
    ...(serial === undefined ? {} : { serial: true }), position: node.position,
  }
  const constraints = node.nodes('constraints')
  for (const constraint of constraints) {
    column = { ...column, ...lowerColumnConstraint(constraint, text, name, into) }
    constraint.done()
  }
  node.ignore('is_local')
  node.done()
  into.columns.push(column)
  return column
}

// What a constraint says of its column; those that are the table's go there.
function lowerColumnConstraint(
  node: NodeReader, text: StatementText, column: string, into: TableElements,
): Partial<ColumnDefinition> {
  const { position } = node
  const type = node.text('contype')
  const name = node.text('conname') || null
  node.ignore('is_enforced', 'initially_valid')
  switch (type) {
    case 'CONSTR_NOTNULL': return { notNull: true }
    case 'CONSTR_NULL': return {}
    case 'CONSTR_PRIMARY': return { primaryKey: true, ...(name === null ? {} : { keyName: name }) }
    case 'CONSTR_UNIQUE': into.uniques.push({ name, columns: [column], position }); return {}
    case 'CONSTR_CHECK': into.checks.push(lowerCheck(node, text)); return {}
    case 'CONSTR_DEFAULT': {
      const defaultExpr: Expr = lowerExpr(node.need('raw_expr'))
      return { defaultExpr, defaultSql: defaultText(text, position!) }
    }
    case 'CONSTR_FOREIGN': into.foreign.push(lowerForeign(node, [column])); return {}
    case 'CONSTR_ATTR_DEFERRABLE': case 'CONSTR_ATTR_DEFERRED': case 'CONSTR_ATTR_IMMEDIATE':
    case 'CONSTR_ATTR_NOT_DEFERRABLE': lowerTiming(type, position, into); return {}
    case 'CONSTR_GENERATED':
      if (node.text('generated_kind') === 'v') throw unsupported('a VIRTUAL generated column', position)
      node.ignore('generated_when')
      lowerExpr(node.need('raw_expr'))
      return { generatedSql: generatedText(text, position!) }
    case 'CONSTR_IDENTITY': return { identity: lowerIdentity(node), notNull: true }
    default: throw unsupported(CONSTRAINT_WORDS[type] ?? type, position)
  }
}

/** GENERATED ALWAYS | BY DEFAULT AS IDENTITY (options). */
export function lowerIdentity(node: NodeReader): NonNullable<ColumnDefinition['identity']> {
  return { always: node.text('generated_when') === 'a', options: lowerSequenceOptions(node.nodes('options')) }
}

// DEFERRABLE and INITIALLY … are entries of their own behind the constraint they are about.
function lowerTiming(type: string, position: number | undefined, into: TableElements): void {
  const last = into.foreign.pop()
  if (last === undefined) throw unsupported(CONSTRAINT_WORDS[type] ?? 'NOT DEFERRABLE here', position)
  into.foreign.push({
    ...last, ...(type === 'CONSTR_ATTR_DEFERRABLE' ? { deferrable: true } : {}),
    ...(type === 'CONSTR_ATTR_DEFERRED' ? { deferrable: true, deferred: true } : {}),
  })
}

// GENERATED ALWAYS AS (…): the words before the parenthesis are passed over.
function generatedText(text: StatementText, position: number): string {
  const { tokens, source } = text
  const word = (i: number): string => source.slice(tokens[i]!.start, tokens[i]!.end).toLowerCase()
  let open = tokens.findIndex(token => source.positionOf(token.start) === position)
  while (word(open) !== '(') open++
  let last = open
  for (let depth = 1; depth > 0;) {
    last++
    if (word(last) === '(') depth++
    if (word(last) === ')') depth--
  }
  return source.slice(tokens[open + 1]!.start, tokens[last - 1]!.end)
}
