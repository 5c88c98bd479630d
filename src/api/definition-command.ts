// The door to statements that define things or set up the session (src/sql/ast-definition.ts). They arrive as syntax
// trees: names are looked up when the statement runs.
import type { BoundStatement } from '../../exec/plan/logical.ts'
import type { Definition } from '../sql/ast-definition.ts'
import type { Listing } from './command.ts'
import { dropObjects } from './drop-command.ts'
import type { Session } from './session.ts'
import { createSchema, createView } from './view-command.ts'

/** Carries the statement out. Returns its rows, or null when it has none. */
export function runDefinition(
  session: Session, statement: Extract<BoundStatement, { kind: 'definition' }>,
): Listing | null {
  const definition = statement.definition as Definition
  switch (definition.kind) {
    case 'create_schema': return createSchema(session, definition)
    case 'create_view': return createView(session, definition)
    case 'drop_objects': return dropObjects(session, definition)
  }
}
