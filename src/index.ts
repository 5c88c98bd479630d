// SecantDB: an embedded analytical database for Node.js. Everything the package exports, nothing else.
// (The command line is src/cli; nothing below src/ is reachable from outside except through here.)
export { open } from './api/database.ts'
export type { Database } from './api/database.ts'
export type { Connection } from './api/connection.ts'
export type { ExecuteResult } from './api/execute.ts'
export type { OpenOptions, StatementOptions } from './api/options.ts'
export type { Parameters } from './api/parameters.ts'
export type { ResultColumn, RunResult, Statement } from './api/statement.ts'
export type { AppendColumns, AppendOptions, RangeOptions, TableHandle, TableRange } from './api/table-handle.ts'
export type { TableLoader } from './api/table-loader.ts'
export type { KeyValueStore, KvChange } from './api/kv.ts'
export type { KvRange, KvRangeOptions } from './api/kv-range.ts'
export type { KvKey, KvKeyKind, KvOptions, KvValue, KvValueKind } from './api/kv-types.ts'
export type { RowObject } from './api/row-shape.ts'
export { loadArrow } from './api/arrow-module.ts'
export { DatabaseError, CODE } from './base/errors.ts'
export type { ErrorCode } from './base/errors.ts'
export { typeName } from './base/types.ts'
export type { ColumnSchema, SqlType, TableSchema, TypeKind } from './base/types.ts'
export type { BackupOptions } from './api/backup.ts'
export type {
  BackupReport, EngineStats, GroupFigures, IndexFigures, Problem, VerifyOptions, VerifyResult,
} from '../storage/mod.ts'
