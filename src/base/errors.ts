// The engine's one error class and its closed set of codes (SQLSTATE), grouped by when they can occur.
// Messages name the offending value; corruption carries file, page and offset. Errors are for users,
// asserts (assert.ts) are for us: what no test can trigger is an assert.

/** SQLSTATE codes the engine raises. */
export const CODE = {
  SNAPSHOT_TOO_OLD: '72000',
  // the statement
  SYNTAX: '42601', UNDEFINED_TABLE: '42P01', UNDEFINED_COLUMN: '42703', UNDEFINED_FUNCTION: '42883',
  UNDEFINED_SCHEMA: '3F000', DUPLICATE_SCHEMA: '42P06', RESERVED_NAME: '42939', RECURSION: '42P17',
  CANNOT_CHANGE: '55P02', UNDEFINED_PREPARED: '26000', DUPLICATE_PREPARED: '42P05', UNDEFINED_CURSOR: '34000',
    DUPLICATE_CURSOR: '42P03',
  INVALID_CURSOR: '24000', GENERATED_ALWAYS: '428C9', INVALID_FOREIGN_KEY: '42830', SEQUENCE_LIMIT: '2200H',
  UNDEFINED_DATABASE: '3D000', DUPLICATE_DATABASE: '42P04',
  UNDEFINED_PARAMETER: '42P02', AMBIGUOUS_COLUMN: '42702', DUPLICATE_TABLE: '42P07', DUPLICATE_COLUMN: '42701',
  DUPLICATE_ALIAS: '42712',
  DATATYPE_MISMATCH: '42804', GROUPING: '42803', INVALID_REFERENCE: '42P10', INVALID_DEFINITION: '42P16',
  UNDEFINED_OBJECT: '42704', DUPLICATE_OBJECT: '42710', WINDOWING: '42P20', WRONG_OBJECT: '42809', UNSUPPORTED: '0A000',
  CARDINALITY: '21000', INVALID_RECURSION: '42P19',
  // its values
  NUMERIC_OVERFLOW: '22003', DIVISION_BY_ZERO: '22012', INVALID_TEXT: '22P02', DATETIME_OVERFLOW: '22008',
  INVALID_DATETIME: '22007', STRING_TOO_LONG: '22001', INVALID_ENCODING: '22021', INVALID_PARAMETER: '22023',
  FRAME_OFFSET: '22013', NTILE_ARGUMENT: '22014', NTH_VALUE_ARGUMENT: '22016',
  NULL_NOT_ALLOWED: '22004',
  TABLESAMPLE_ARGUMENT: '2202H', TABLESAMPLE_REPEAT: '2202G',
  INVALID_REGEX: '2201B', INVALID_LOGARITHM: '2201E', INVALID_POWER: '2201F', SUBSTRING: '22011',
  ARRAY_SUBSCRIPT: '2202E', CANNOT_COERCE: '42846', LIMIT_COUNT: '2201W', OFFSET_COUNT: '2201X',
  NOT_NULL: '23502', UNIQUE: '23505', CHECK: '23514', FOREIGN_KEY: '23503', RESTRICT: '23001',
  // transactions and limits
  SERIALIZATION: '40001', DEADLOCK: '40P01', LOCK_HELD: '55P03', IN_FAILED_TRANSACTION: '25P02',
  NO_TRANSACTION: '25P01', ACTIVE_TRANSACTION: '25001', READ_ONLY: '25006', UNDEFINED_SAVEPOINT: '3B001',
  OUT_OF_MEMORY: '53200', DISK_FULL: '53100', CANCELLED: '57014', PROGRAM_LIMIT: '54000', TOO_COMPLEX: '54001',
  DEPENDENT_OBJECTS: '2BP01',
  // the file and the machine
  CORRUPT: 'XX001', INTERNAL: 'XX000', IO: '58030', IN_USE: '55006', NOT_OPEN: '55000', UNDEFINED_FILE: '58P01',
  DUPLICATE_FILE: '58P02',
} as const

export type ErrorCode = (typeof CODE)[keyof typeof CODE]

/** What an error may carry beside its code and message. */
export interface ErrorDetails {
  /** 1-based character position in the SQL text. */
  position?: number
  line?: number
  column?: number
  detail?: string
  hint?: string
  /** The file, page id and byte offset of damaged or unreadable bytes. */
  file?: string
  page?: number
  offset?: number
  cause?: unknown
}

/** The only error class users meet. `code` is a SQLSTATE; the message names the value. */
export class DatabaseError extends Error {
  readonly code: ErrorCode
  // Declared only: an error has these properties when they apply, and prints without them otherwise.
  declare position?: number
  declare line?: number
  declare column?: number
  declare readonly detail?: string
  declare readonly hint?: string
  declare readonly file?: string
  declare readonly page?: number
  declare readonly offset?: number

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'DatabaseError'
    this.code = code
    const { cause: _cause, ...rest } = details
    Object.assign(this, rest)
  }
}

/** Damaged bytes: always with the file, and page or offset where known. */
export function corruption(
  message: string, where: { file: string; page?: number; offset?: number; hint?: string },
): DatabaseError {
  return new DatabaseError(CODE.CORRUPT, message, where)
}
