// What a session remembers between transactions, read and set by name: the isolation level and access mode its
// transactions begin with, and how long execute() waits for locks.
//
//   PRAGMA isolation_level [= level]     PRAGMA busy_timeout [= ms]      settings of SET and SHOW: settings.ts
import { CODE, DatabaseError } from '../base/errors.ts'
import type { Scalar } from '../base/types.ts'
import type { IsolationLevel } from '../../storage/mod.ts'
import { didYouMean } from '../sql/nearest-name.ts'
import type { Session } from './session.ts'

const LEVELS: readonly IsolationLevel[] = ['read uncommitted', 'read committed', 'repeatable read', 'serializable']

/** The longest wait: what a timer can count. */
const BUSY_TIMEOUT_MAX = 2 ** 31 - 1

/** PRAGMA isolation_level: the level of the open transaction, else of the next ones; a value sets the latter. */
export function isolationLevel(session: Session, value: Scalar): Scalar[][] {
  if (value !== null) {
    const text = String(value).toLowerCase().replace(/[\s_-]+/g, ' ')
    const level = LEVELS.find(name => name === text)
    if (level === undefined) {
      throw new DatabaseError(CODE.INVALID_PARAMETER, `there is no isolation level "${String(value)}"`, {
        hint: didYouMean(text, LEVELS) ?? `Levels are ${LEVELS.join(', ')}.`,
      })
    }
    session.setDefaults({ level, readOnly: null })
    return [['isolation_level', level]]
  }
  return [['isolation_level', session.transaction?.level ?? session.defaults.level]]
}

/** PRAGMA statement_timeout [= value]: as SET and SHOW. */
export function statementTimeout(session: Session, value: Scalar): Scalar[][] {
  if (value !== null) session.settings.set('statement_timeout', String(value), false)
  return [['statement_timeout', session.settings.show('statement_timeout', false)]]
}

/** PRAGMA busy_timeout: milliseconds that execute() waits for locks; 0 = not at all. */
export function busyTimeout(session: Session, value: Scalar): Scalar[][] {
  if (value !== null) {
    const ms = Number(value)
    if (!Number.isInteger(ms) || ms < 0 || ms > BUSY_TIMEOUT_MAX) {
      throw new DatabaseError(CODE.INVALID_PARAMETER,
        `busy_timeout must be a whole number of milliseconds from 0 to ${BUSY_TIMEOUT_MAX}, not ${String(value)}`)
    }
    session.busyTimeoutMs = ms
  }
  return [['busy_timeout', String(session.busyTimeoutMs)]]
}
