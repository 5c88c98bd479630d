// The pragmas of durability: how commits reach the disk, when checkpoints happen, where the log is kept. Each
// reads as one row (name, value); with `= value` it changes the open database and shows the new value.
//
//   wal_mode = ON | OFF                     log, or a checkpoint for each commit
//   synchronous = FULL | NORMAL | OFF       also 2, 1, 0
//   wal_flush_interval = ms                 under NORMAL, 0 = never by time
//   wal_flush_bytes = bytes | '1MB'         under NORMAL, 0 = never by size
//   wal_segment_size = bytes | '16MB'       from the next segment on
//   wal_archive = 'folder' | OFF            copies of completed segments
//   wal_autocheckpoint = pages              0 = not by pages
//   checkpoint_bytes, checkpoint_interval   by bytes of log, by ms; 0 = not by this
//   wal_checkpoint                          everything into pages; then the log goes to the archive, if there is one
//   recovery_info                           what opening the database had to redo
import { CODE, DatabaseError } from '../base/errors.ts'
import type { Scalar } from '../base/types.ts'
import type { Engine } from '../../storage/mod.ts'
import { parseBytes } from './options.ts'
import type { Session } from './session.ts'

type Rows = Scalar[][]
type Pragma = (session: Session, value: Scalar) => Rows

const SYNCHRONOUS = { full: 'full', normal: 'normal', off: 'off', '2': 'full', '1': 'normal', '0': 'off' } as const
const WAL_MODE = { on: 'on', off: 'off', '1': 'on', '0': 'off', true: 'on', false: 'off', wal: 'on' } as const
const MAX_MS = 2 ** 31 - 1
const MAX_BYTES = 2 ** 40

/** Pragmas by name. */
export const WAL_PRAGMAS: Readonly<Record<string, Pragma>> = {
  wal_mode: setting('wal_mode', ({ durability }) => durability.walMode,
    ({ durability }, value) => durability.setWalMode(oneOf('wal_mode', value, WAL_MODE))),
  synchronous: setting('synchronous', ({ durability }) => durability.synchronous,
    ({ durability }, value) => durability.setSynchronous(oneOf('synchronous', value, SYNCHRONOUS))),
  wal_flush_interval: setting('wal_flush_interval', ({ wal }) => String(wal?.settings.flushIntervalMs ?? 0),
    ({ durability, wal }, value) =>
      durability.setFlush(whole('wal_flush_interval', value, MAX_MS), wal?.settings.flushBytes ?? 0)),
  wal_flush_bytes: setting('wal_flush_bytes', ({ wal }) => String(wal?.settings.flushBytes ?? 0),
    ({ durability, wal }, value) =>
      durability.setFlush(wal?.settings.flushIntervalMs ?? 0, size('wal_flush_bytes', value, 0))),
  wal_segment_size: setting('wal_segment_size', ({ wal }) => String(wal?.settings.segmentBytes ?? 0),
    ({ durability }, value) => durability.setSegmentBytes(size('wal_segment_size', value, 64 * 1024, 2 ** 30))),
  wal_archive: setting('wal_archive', ({ wal }) => wal?.archiveFolder ?? 'off',
    ({ durability }, value) => durability.setArchive(folder(value))),
  wal_autocheckpoint: setting('wal_autocheckpoint', ({ durability }) => String(durability.limits.pages),
    ({ durability }, value) => durability.setLimits({ pages: whole('wal_autocheckpoint', value, 2 ** 31) })),
  checkpoint_bytes: setting('checkpoint_bytes', ({ durability }) => String(durability.limits.bytes),
    ({ durability }, value) => durability.setLimits({ bytes: size('checkpoint_bytes', value, 0) })),
  checkpoint_interval: setting('checkpoint_interval', ({ durability }) => String(durability.limits.intervalMs),
    ({ durability }, value) => durability.setLimits({ intervalMs: whole('checkpoint_interval', value, MAX_MS) })),
  wal_checkpoint: (session) => {
    requireNoTransaction(session, 'wal_checkpoint')
    session.engine.checkpoint()
    session.engine.durability.archiveNow()
    return [['wal_checkpoint', 'ok']]
  },
  recovery_info: ({ engine }) => recoveryRows(engine),
}

function setting(
  name: string, read: (engine: Engine) => string, write: (engine: Engine, value: string | number) => void,
): Pragma {
  return (session, value) => {
    if (value !== null) {
      requireNoTransaction(session, name)
      session.engine.assertUsable()
      session.engine.assertWritable()
      write(session.engine, typeof value === 'number' ? value : String(value))
    }
    return [[name, read(session.engine)]]
  }
}

function requireNoTransaction(session: Session, name: string): void {
  if (session.transaction === null) return
  throw new DatabaseError(CODE.ACTIVE_TRANSACTION, `PRAGMA ${name} cannot run inside a transaction block`)
}

function invalid(name: string, value: unknown, wanted: string): DatabaseError {
  return new DatabaseError(CODE.INVALID_PARAMETER, `PRAGMA ${name} must be ${wanted}, not ${JSON.stringify(value)}`)
}

function oneOf<T extends string>(name: string, value: string | number, words: Readonly<Record<string, T>>): T {
  const found = Object.hasOwn(words, String(value).toLowerCase()) ? words[String(value).toLowerCase()] : undefined
  if (found === undefined) throw invalid(name, value, [...new Set(Object.values(words))].join(' or '))
  return found
}

function whole(name: string, value: string | number, max: number): number {
  const number = Number(value)
  if (!Number.isInteger(number) || number < 0 || number > max) throw invalid(name, value, `an integer from 0 to ${max}`)
  return number
}

function size(name: string, value: string | number, min: number, max = MAX_BYTES): number {
  const bytes = parseBytes(value)
  if (bytes === null || bytes < min || bytes > max) {
    throw invalid(name, value, `bytes or a size such as '1MB', from ${min} to ${max} bytes`)
  }
  return bytes
}

function folder(value: string | number): string | null {
  const text = String(value)
  if (['off', 'none', '0', ''].includes(text.toLowerCase())) return null
  return text
}

function recoveryRows(engine: Engine): Rows {
  const report = engine.durability.recovery
  if (report === null) return [['recovered', 'nothing: the database was made by this open']]
  const { durationMs, lastCommitMs, ...counts } = report
  const rows: Rows = Object.entries(counts).map(([name, value]) => [name, String(value)])
  rows.push(['durationMs', String(durationMs)])
  rows.push(['lastCommit', lastCommitMs === 0 ? 'unknown' : new Date(lastCommitMs).toISOString()])
  return rows
}
