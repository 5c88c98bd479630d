// Transaction statements of libpg-query's tree to ours: BEGIN and its modes, COMMIT, savepoints, SET TRANSACTION,
// SET SESSION CHARACTERISTICS, and SHOW of what they set. DEFERRABLE is accepted: a SERIALIZABLE READ ONLY
// transaction never waits and never fails here anyway.
import type { IsolationLevel, TransactionModes } from '../../storage/mod.ts'
import type { Statement } from './ast.ts'
import { lowerSetting } from './lower-setting.ts'
import type { NodeReader } from './node-reader.ts'
import { unsupported } from './node-reader.ts'

/** BEGIN, COMMIT, ROLLBACK and savepoints. */
export function lowerTransaction(node: NodeReader): Statement {
  const kind = node.text('kind').replace('TRANS_STMT_', '')
  const position = node.position ?? node.context.source.ofIndex(0)
  const modes = lowerModes(node.nodes('options'))
  const name = node.text('savepoint_name')
  if (kind.includes('PREPARE')) throw unsupported(kind.replace(/_/g, ' '), position)
  if (node.flag('chain')) throw unsupported(`${kind} AND CHAIN`, position)
  node.done()
  switch (kind) {
    case 'BEGIN': case 'START': return { kind: 'begin', modes, position }
    case 'COMMIT': return { kind: 'commit', position }
    case 'ROLLBACK': return { kind: 'rollback', position }
    case 'SAVEPOINT': return { kind: 'savepoint', name, position }
    case 'RELEASE': return { kind: 'release', name, position }
    case 'ROLLBACK_TO': return { kind: 'rollback_to', name, position }
    default: throw unsupported(`transaction command ${kind}`, position)
  }
}

const LEVELS: readonly string[] = [
  'read uncommitted', 'read committed', 'repeatable read', 'serializable',
] satisfies IsolationLevel[]

function lowerModes(options: readonly NodeReader[]): TransactionModes {
  let level: IsolationLevel | null = null
  let readOnly: boolean | null = null
  for (const option of options) {
    const name = option.text('defname')
    const arg = option.need('arg')
    if (name === 'transaction_isolation') {
      const text = arg.bare('sval', 'String')?.text('sval') ?? ''
      if (!LEVELS.includes(text)) throw unsupported(`ISOLATION LEVEL ${text.toUpperCase()}`, option.position)
      level = text as IsolationLevel
    } else if (name === 'transaction_read_only') {
      readOnly = arg.bare('ival', 'Integer')?.number('ival') === 1
    } else if (name === 'transaction_deferrable') arg.ignore('ival')
    else throw unsupported(name.replace('transaction_', '').toUpperCase(), option.position)
  }
  return { level, readOnly }
}

/** SET: TRANSACTION and SESSION CHARACTERISTICS AS TRANSACTION here, settings in lower-setting.ts. */
export function lowerSet(node: NodeReader): Statement {
  const name = node.text('name')
  const position = node.position ?? node.context.source.ofIndex(0)
  if (node.text('kind') !== 'VAR_SET_MULTI' || (name !== 'TRANSACTION' && name !== 'SESSION CHARACTERISTICS')) {
    return lowerSetting(node)
  }
  const modes = lowerModes(node.nodes('args'))
  node.ignore('is_local', 'jumble_args')
  node.done()
  return { kind: 'set_transaction', scope: name === 'TRANSACTION' ? 'transaction' : 'session', modes, position }
}
