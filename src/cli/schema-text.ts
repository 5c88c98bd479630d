// What `.schema` prints: the SQL that would define a relation, or everything, again. It is for reading and for making
// the same relations elsewhere, not a dump of the data.

import type { Session } from './session.ts'

/** The statements that would define a relation with what belongs to it, or (null) everything. Throws 42P01. */
export function schemaText(session: Session, relation: string | null): string[] {
  const pragma = relation === null ? 'PRAGMA definitions' : `PRAGMA definitions('${relation.replaceAll("'", "''")}')`
  const lines = [...session.run(pragma).rows!.rows].map(([, sql]) => String(sql))
  // Unknown names are told as everywhere else.
  if (lines.length === 0 && relation !== null) session.run(`DESCRIBE "${relation.replaceAll('"', '""')}"`)
  return lines
}
