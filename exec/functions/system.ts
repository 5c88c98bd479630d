// Functions that tools ask about the catalogue. Texts of definitions come from the session (SessionHost.describe):
// the executor knows no catalogue. Everybody may do everything: there is one user, who owns all.
import { formatType } from '../../src/base/type-oid.ts'
import type { FunctionEntry } from './entry.ts'
import { scalar } from './entry.ts'
import { sessionHost } from './session.ts'

const VOLATILE = { volatile: true } as const
const NAME = 'secantdb'

type Number64 = number | bigint

function described(what: string): (oid: Number64) => string | null {
  return oid => sessionHost().describe(what, Number(oid), 0)
}

const DEFINITIONS = ['constraintdef', 'indexdef', 'viewdef'].flatMap(what => [
  scalar(`pg_get_${what}`, 'bigint -> text', described(what), VOLATILE),
  scalar(`pg_get_${what}`, 'bigint, boolean -> text', described(what), VOLATILE),
])

const PRIVILEGES = ['table', 'schema', 'database', 'column', 'sequence', 'any_column'].flatMap(what => [
  scalar(`has_${what}_privilege`, 'any, any -> boolean', () => 1),
  scalar(`has_${what}_privilege`, 'any, any, any -> boolean', () => 1),
])

const VISIBLE = ['table', 'type', 'function'].map(what => (
  scalar(`pg_${what}_is_visible`, 'bigint -> boolean', (oid: Number64) =>
    what !== 'table' || sessionHost().describe('visible', Number(oid), 0) !== null ? 1 : 0, VOLATILE)
))

export const SYSTEM_FUNCTIONS: readonly FunctionEntry[] = [
  scalar('current_database', '-> text', () => 'main', { names: ['current_database', 'current_catalog'] }),
  scalar('current_user', '-> text', () => NAME, { names: ['current_user', 'session_user', 'user', 'current_role'] }),
  scalar('pg_get_userbyid', 'bigint -> text', (oid: Number64) => Number(oid) === 10 ? NAME : `unknown (OID=${oid})`),
  scalar('format_type', 'bigint, integer -> text', (oid: Number64 | null, modifier: number | null) =>
    oid === null ? null : formatType(Number(oid), modifier ?? -1), { lax: true }),
  scalar('obj_description', 'bigint -> text', described('comment'), VOLATILE),
  scalar('obj_description', 'bigint, text -> text', described('comment'), VOLATILE),
  scalar('col_description', 'bigint, integer -> text', (oid: Number64, column: number) =>
    sessionHost().describe('comment', Number(oid), column), VOLATILE),
  scalar('shobj_description', 'bigint, text -> text', () => null),
  scalar('pg_get_expr', 'text, bigint -> text', (text: string) => text),
  scalar('pg_get_expr', 'text, bigint, boolean -> text', (text: string) => text),
  scalar('pg_encoding_to_char', 'integer -> text', () => 'UTF8'),
  scalar('to_regclass', 'text -> bigint', (name: string) => sessionHost().relationOid(name, true), VOLATILE),
  // 'name'::regclass and oid::regclass.
  scalar('regclass', 'text -> bigint', (name: string) => sessionHost().relationOid(name, false), VOLATILE),
  scalar('regclass_name', 'bigint -> text', (oid: Number64) =>
    sessionHost().describe('regclass', Number(oid), 0) ?? String(oid), VOLATILE),
  ...DEFINITIONS, ...PRIVILEGES, ...VISIBLE,
]
