// Options of open() and of statements: defaults, validation, and the nearest name for a misspelt one.
// Sizes are bytes or text such as '512MB' (1024-based, as everywhere else in databases).
import { CODE, DatabaseError } from '../base/errors.ts'
import { COMPRESSIONS } from '../base/types.ts'
import type { Compression } from '../base/types.ts'
import type { JsOptions } from '../base/scalar-js.ts'
import type { Backend } from '../../exec/mod.ts'
import { DEFAULT_ENGINE_OPTIONS } from '../../storage/mod.ts'
import type { EngineOptions, Synchronous } from '../../storage/mod.ts'
import { didYouMean } from '../sql/nearest-name.ts'

/** Options of {@link open}. */
export interface OpenOptions {
  /** Cap of all memory: bytes or '512MB'. Default 512 MB; at least 8 MB, at most 4 GB. */
  memory?: number | string
  /** When a commit counts as durable. Default 'full': synced before it returns. */
  synchronous?: Synchronous
  /**
   * How tables without a compression of their own are written from now on, stored in the file: 'none', 'rle' (run
   * lengths and deltas), or 'lz4', 'zstd', 'gzip' (these, and compressed pages). Default: as the file says, 'none'
   * for a new one.
   */
  compression?: Compression
  /** Open an existing file for reading only. */
  readOnly?: boolean
  /** 'off': no log, every commit is a checkpoint of its own. Default 'on'. */
  walMode?: 'on' | 'off'
  /** Folder that completed log segments are copied to, for restoring to a point in time. Default none. */
  walArchive?: string | null
  /** Bytes of a log segment: a number or '16MB'. */
  walSegment?: number | string
  /** Under synchronous 'normal', a commit is durable after so many milliseconds (default 1000; 0 = not by time). */
  walFlushInterval?: number
  /** Checkpoint after so many milliseconds, changed pages, or bytes of log; 0 = not by this. Default 64 MB of log. */
  checkpointInterval?: number
  checkpointPages?: number
  checkpointBytes?: number | string
  /** Who does asynchronous I/O: 'threads' (libuv's pool, default) or 'sync' (the calling thread). */
  io?: 'threads' | 'sync'
  /** Kernels: 'auto' (default), or one back end for comparison. */
  backend?: Backend
  /** Folder for what queries cannot hold in their share of the memory. Default: `<path>-tmp`, beside the database. */
  tempDirectory?: string
  /** File system to use instead of the real one. */
  files?: EngineOptions['files']
  /**
   * Thresholds, for tests: rows of a full row group; delta rows before a merge; frames of the pool; commits per
   * checkpoint.
   */
  rowGroupRows?: number
  deltaRows?: number
  poolFrames?: number
  checkpointEvery?: number
  /** Merge after every commit (tests). */
  mergeEveryCommit?: boolean
}

/** Options of a prepared statement: how values of some types are handed out. */
export interface StatementOptions extends JsOptions {
  /** False: text columns of Arrow results are always plain Utf8. */
  dictionary?: boolean
}

const OPEN_NAMES: readonly (keyof OpenOptions)[] = [
  'memory', 'synchronous', 'readOnly', 'walMode', 'walArchive', 'walSegment', 'walFlushInterval', 'checkpointInterval',
  'checkpointPages', 'checkpointBytes', 'io', 'backend', 'files', 'rowGroupRows', 'deltaRows', 'poolFrames',
  'checkpointEvery', 'mergeEveryCommit', 'compression', 'tempDirectory',
]

/** Options that are planned: a clear refusal instead of "unknown". */
const PLANNED_NAMES = ['threads']

/** Milliseconds of maintenance after a commit, and in a turn of an idle event loop. */
const STEP_MS = 2

/** What open() needs: the engine's options and the executor's. */
export interface ResolvedOptions {
  readonly engine: Partial<EngineOptions>
  readonly backend: Backend
}

/** Checks the options of open(). Throws 22023 that names the option and its nearest relative. */
export function resolveOpenOptions(options: OpenOptions): ResolvedOptions {
  for (const name of PLANNED_NAMES) {
    if (Object.hasOwn(options, name)) throw new DatabaseError(CODE.UNSUPPORTED, `option ${name} is not supported yet`)
  }
  checkNames(options, OPEN_NAMES, 'open')
  const { synchronous = 'full', readOnly = false, backend = 'auto', files = null } = options
  checkOneOf('synchronous', synchronous, ['full', 'normal', 'off'])
  checkOneOf('backend', backend, ['auto', 'javascript', 'webassembly'])
  checkBoolean('readOnly', readOnly)
  checkBoolean('mergeEveryCommit', options.mergeEveryCommit ?? false)
  if (options.compression !== undefined) checkOneOf('compression', options.compression, COMPRESSIONS)
  const engine: Partial<EngineOptions> = {
    synchronous, readOnly, files, tempDirectory: folderOption(options.tempDirectory),
    compression: options.compression ?? DEFAULT_ENGINE_OPTIONS.compression,
    memoryBytes: options.memory === undefined ? DEFAULT_ENGINE_OPTIONS.memoryBytes : parseSize(options.memory),
    rowGroupRows: count('rowGroupRows', options.rowGroupRows, 64, 65_536, DEFAULT_ENGINE_OPTIONS.rowGroupRows),
    deltaRows: count('deltaRows', options.deltaRows, 1, 2 ** 31, DEFAULT_ENGINE_OPTIONS.deltaRows),
    poolFrames: count('poolFrames', options.poolFrames, 0, 65_536, DEFAULT_ENGINE_OPTIONS.poolFrames),
    checkpointEvery: count(
      'checkpointEvery', options.checkpointEvery, 0, 2 ** 31, DEFAULT_ENGINE_OPTIONS.checkpointEvery
    ),
    mergeEveryCommit: options.mergeEveryCommit ?? DEFAULT_ENGINE_OPTIONS.mergeEveryCommit,
    // Who sets thresholds wants to see what they cause, at the commit that reaches them.
    stepMs: options.deltaRows === undefined && files === null ? STEP_MS : 0,
    ...resolveLogOptions(options),
  }
  return { engine, backend }
}

function folderOption(folder: unknown): string | null {
  if (folder === undefined) return null
  if (typeof folder === 'string' && folder !== '') return folder
  throw invalid(`option tempDirectory must be the path of a folder, not ${JSON.stringify(folder)}`)
}

// How commits become durable.
function resolveLogOptions(options: OpenOptions): Partial<EngineOptions> {
  const defaults = DEFAULT_ENGINE_OPTIONS
  const { walMode = defaults.walMode, walArchive = null, io = defaults.io } = options
  checkOneOf('walMode', walMode, ['on', 'off'])
  checkOneOf('io', io, ['threads', 'sync'])
  if (walArchive !== null && (typeof walArchive !== 'string' || walArchive === '')) {
    throw invalid(`option walArchive must be the path of a folder, not ${JSON.stringify(walArchive)}`)
  }
  const bytes = (name: string, value: unknown, min: number, max: number, fallback: number): number => {
    const parsed = value === undefined ? fallback : parseBytes(value)
    if (parsed === null) throw invalid(`option ${name} must be bytes or a size such as '16MB', not ${String(value)}`)
    return count(name, parsed, min, max, fallback)
  }
  const ms = 2 ** 31 - 1
  return {
    walMode, walArchive, io,
    walSegmentBytes: bytes('walSegment', options.walSegment, 4096, 2 ** 30, defaults.walSegmentBytes),
    walFlushIntervalMs: count('walFlushInterval', options.walFlushInterval, 0, ms, defaults.walFlushIntervalMs),
    checkpointIntervalMs: count('checkpointInterval', options.checkpointInterval, 0, ms, defaults.checkpointIntervalMs),
    checkpointPages: count('checkpointPages', options.checkpointPages, 0, 2 ** 31, defaults.checkpointPages),
    checkpointBytes: bytes('checkpointBytes', options.checkpointBytes, 0, 2 ** 40, defaults.checkpointBytes),
  }
}

const STATEMENT_NAMES: readonly (keyof StatementOptions)[] = ['int64', 'decimals', 'timestamps', 'dictionary']

/** Checks the options of a statement. Throws 22023. */
export function resolveStatementOptions(options: StatementOptions): StatementOptions {
  checkNames(options, STATEMENT_NAMES, 'the statement')
  if (options.int64 !== undefined) checkOneOf('int64', options.int64, ['number', 'bigint', 'string'])
  if (options.decimals !== undefined) checkOneOf('decimals', options.decimals, ['string', 'number'])
  if (options.timestamps !== undefined) checkOneOf('timestamps', options.timestamps, ['date', 'string', 'bigint'])
  if (options.dictionary !== undefined) checkBoolean('dictionary', options.dictionary)
  return options
}

/** Refuses names that are not among `known`. */
export function checkNames(options: object, known: readonly string[], of: string): void {
  if (typeof options !== 'object' || options === null) {
    throw invalid(`options of ${of} must be an object, not ${String(options)}`)
  }
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue
    throw invalid(`unknown option "${name}" of ${of}`, didYouMean(name, known) ?? `Options are ${known.join(', ')}.`)
  }
}

function invalid(message: string, hint?: string): DatabaseError {
  return new DatabaseError(CODE.INVALID_PARAMETER, message, hint === undefined ? {} : { hint })
}

/** Throws 22023 unless the value is one of the words. */
export function checkOneOf(name: string, value: unknown, words: readonly string[]): void {
  if (typeof value === 'string' && words.includes(value)) return
  throw invalid(`option ${name} must be one of ${words.join(', ')}, not ${JSON.stringify(value) ?? String(value)}`)
}

function checkBoolean(name: string, value: unknown): void {
  if (typeof value !== 'boolean') throw invalid(`option ${name} must be true or false, not ${String(value)}`)
}

function count(name: string, value: unknown, min: number, max: number, fallback: number): number {
  if (value === undefined) return fallback
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value
  throw invalid(`option ${name} must be an integer from ${min} to ${max}, not ${String(value)}`)
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1, B: 1, K: 2 ** 10, KB: 2 ** 10, KIB: 2 ** 10, M: 2 ** 20, MB: 2 ** 20, MIB: 2 ** 20, G: 2 ** 30, GB: 2 ** 30,
  GIB: 2 ** 30,
}
const MEMORY_MIN = 8 * 2 ** 20
const MEMORY_MAX = 2 ** 32

/** Bytes of a number or a size such as '512MB' (1024-based), null when it is neither. */
export function parseBytes(value: unknown): number | null {
  const found = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(String(value))
  const unit = found === null ? undefined : UNITS[found[2]!.toUpperCase()]
  return unit === undefined ? null : Math.floor(Number(found![1]) * unit)
}

/** Bytes of a size option. Throws 22023. */
function parseSize(value: number | string): number {
  const bytes = parseBytes(value)
  if (bytes === null) {
    throw invalid(`option memory must be bytes or a size such as '512MB', not ${JSON.stringify(value)}`)
  }
  if (bytes < MEMORY_MIN || bytes > MEMORY_MAX) throw invalid(`option memory must be between 8MB and 4GB, not ${value}`)
  return bytes
}
