// Members of a table schema that came after the first release: FOREIGN KEYs, identity and generated columns, the name
// of the key, temporary tables. Checked here when a schema is read, since the file may be hostile.
//
// A schema with something that a writer must enforce needs the file's incompatible flag 32 (meta-slot.ts) and a kind of
// DDL record of its own (wal/record.ts), so that a release without it refuses the file or the log.
import type { ColumnSchema, ForeignKey, TableSchema } from '../../src/base/types.ts'

const ACTIONS: readonly unknown[] = ['no action', 'restrict', 'cascade', 'set null', 'set default']
const ON_COMMIT: readonly unknown[] = [undefined, 'preserve', 'delete', 'drop']

/** True when what the schema has beyond the first release makes sense. */
export function hasValidExtras(schema: TableSchema): boolean {
  const { foreign, keyName, temporary, columns } = schema
  if (keyName !== undefined && typeof keyName !== 'string') return false
  if (!ON_COMMIT.includes(temporary)) return false
  if (!columns.every(isColumn)) return false
  return foreign === undefined || (Array.isArray(foreign) && foreign.length > 0
    && foreign.every((key) => isForeignKey(key, columns.length)))
}

/** True when a release that does not know these members must not write the table. */
export function needsDefinitions({ foreign, keyName, temporary, columns }: TableSchema): boolean {
  return foreign !== undefined || keyName !== undefined || temporary !== undefined
    || columns.some(({ identity, generatedSql }) => identity !== undefined || generatedSql !== undefined)
}

function isColumn({ identity, generatedSql }: ColumnSchema): boolean {
  if (generatedSql !== undefined && typeof generatedSql !== 'string') return false
  return identity === undefined
    || (typeof identity?.sequence === 'string' && typeof identity.always === 'boolean')
}

function isForeignKey(key: Partial<ForeignKey> | null, width: number): boolean {
  if (typeof key !== 'object' || key === null) return false
  const { columns, references, setColumns } = key
  const areOrdinals = (list: unknown): list is readonly number[] => Array.isArray(list)
    && list.every((c) => Number.isInteger(c) && c >= 0 && c < width)
  return typeof key.name === 'string' && typeof key.table === 'string'
    && areOrdinals(columns) && columns.length > 0 && new Set(columns).size === columns.length
    && Array.isArray(references) && references.length === columns.length
    && references.every((name) => typeof name === 'string')
    && ACTIONS.includes(key.onUpdate) && ACTIONS.includes(key.onDelete)
    && (setColumns === undefined || (areOrdinals(setColumns) && setColumns.every((c) => columns.includes(c))))
    && isFlag(key.deferrable) && isFlag(key.deferred)
}

function isFlag(value: unknown): boolean {
  return value === undefined || typeof value === 'boolean'
}
