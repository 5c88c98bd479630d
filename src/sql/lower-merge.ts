// MERGE of libpg-query's tree to ours: target, source, condition, and its WHEN clauses in order.
// RETURNING, which PostgreSQL 15 does not have either, and parameters are refused.
import type { Definition, MergeClause } from './ast-definition.ts'
import { lowerAssignment } from './lower-change.ts'
import { lowerExpr } from './lower-expression.ts'
import { lowerFrom, lowerTable } from './lower-query.ts'
import type { NodeReader } from './node-reader.ts'
import { unsupported } from './node-reader.ts'
import type { StatementText } from './statements.ts'

const MATCHES: Readonly<Record<string, MergeClause['match']>> = {
  MERGE_WHEN_MATCHED: 'matched', MERGE_WHEN_NOT_MATCHED_BY_TARGET: 'target', MERGE_WHEN_NOT_MATCHED_BY_SOURCE: 'source',
}
const ACTIONS: Readonly<Record<string, MergeClause['action']>> = {
  CMD_UPDATE: 'update', CMD_DELETE: 'delete', CMD_INSERT: 'insert', CMD_NOTHING: 'nothing',
}

/** MERGE INTO target USING source ON condition WHEN …. */
export function lowerMerge(node: NodeReader, text: StatementText): Definition {
  const target = lowerTable(node.bare('relation', 'RangeVar')!)
  if (text.parameterNames.length > 0) throw unsupported('a parameter in MERGE', target.position)
  const source = lowerFrom(node.need('sourceRelation'))
  const on = lowerExpr(node.need('joinCondition'))
  const clauses = node.nodes('mergeWhenClauses').map(clause => lowerClause(clause, target.position))
  node.done()
  return { kind: 'merge', target, source, on, clauses, position: target.position }
}

function lowerClause(node: NodeReader, position: number | undefined): MergeClause {
  const match = MATCHES[node.text('matchKind')]
  const action = ACTIONS[node.text('commandType')]
  if (match === undefined || action === undefined) throw unsupported('this clause of MERGE', position)
  const condition = node.node('condition')
  const targets = node.nodes('targetList')
  const override = node.text('override')
  const columns = action === 'insert' ? targets.map(target => {
    const name = target.text('name')
    target.done()
    return { name, position: target.position }
  }) : []
  const clause: MergeClause = {
    match, action, condition: condition === null ? null : lowerExpr(condition), columns,
    assignments: action === 'update' ? targets.map(lowerAssignment) : [],
    values: node.has('values') ? node.nodes('values').map(lowerExpr) : null,
    ...(override === 'OVERRIDING_USER_VALUE' ? { overriding: 'user' as const } : {}),
    ...(override === 'OVERRIDING_SYSTEM_VALUE' ? { overriding: 'system' as const } : {}), position,
  }
  node.done()
  return clause
}
