// Every setting there is, with PostgreSQL's names: what its values may be and what it changes. Those that change
// nothing are there because drivers and tools set them; they take the values that describe what the engine does anyway.
import { CODE, DatabaseError } from '../base/errors.ts'
import type { IsolationLevel } from '../../storage/mod.ts'
import type { Session } from './session.ts'

/** One setting. */
export interface Setting {
  /** As SHOW ALL has it. */
  readonly name: string
  readonly initial: string
  readonly description: string
  /** Reads it where it is kept; absent: in the settings themselves. */
  readonly show?: (session: Session) => string
  /** The value in its canonical form; throws 22023. */
  readonly check?: (value: string, session: Session) => string
  readonly apply?: (session: Session, value: string) => void
  readonly isFixed?: boolean
}

const LEVELS: readonly string[] = ['read uncommitted', 'read committed', 'repeatable read', 'serializable']
const UNITS: Readonly<Record<string, number>> = { '': 1, us: 0.001, ms: 1, s: 1000, min: 60_000, h: 3_600_000,
  d: 86_400_000 }
const MS_MAX = 2 ** 31 - 1

function invalidValue(name: string, value: string, hint?: string): DatabaseError {
  return new DatabaseError(CODE.INVALID_PARAMETER, `invalid value for parameter "${name}": "${value}"`,
    hint === undefined ? {} : { hint })
}

function oneOf(name: string, values: readonly string[]): (value: string) => string {
  return value => {
    const found = values.find(known => known.toLowerCase() === value.trim().toLowerCase())
    if (found === undefined) throw invalidValue(name, value, `Available values: ${values.join(', ')}.`)
    return found
  }
}

function boolean(name: string): (value: string) => string {
  return value => {
    const text = value.trim().toLowerCase()
    if (['on', 'true', 'yes', '1', 't', 'y'].includes(text)) return 'on'
    if (['off', 'false', 'no', '0', 'f', 'n'].includes(text)) return 'off'
    throw new DatabaseError(CODE.INVALID_PARAMETER, `parameter "${name}" requires a Boolean value`)
  }
}

/** Milliseconds of a time with or without a unit. 22023. */
function millisecondsOf(name: string, value: string): number {
  const match = /^\s*(-?\d+(?:\.\d+)?)\s*([a-z]*)\s*$/.exec(value)
  const unit = match === null ? undefined : UNITS[match[2]!]
  if (unit === undefined) {
    throw invalidValue(name, value, 'Valid units for this parameter are "us", "ms", "s", "min", "h", and "d".')
  }
  const ms = Math.round(Number(match![1]) * unit)
  if (ms >= 0 && ms <= MS_MAX) return ms
  throw new DatabaseError(CODE.INVALID_PARAMETER,
    `${ms} ms is outside the valid range for parameter "${name}" (0 ms .. ${MS_MAX} ms)`)
}

// As PostgreSQL shows it: in the largest unit that it is a whole number of.
function timeText(ms: number): string {
  if (ms === 0) return '0'
  const unit = (['d', 'h', 'min', 's'] as const).find(each => ms % UNITS[each]! === 0) ?? 'ms'
  return `${ms / UNITS[unit]!}${unit}`
}

function time(name: string): (value: string) => string {
  return value => timeText(millisecondsOf(name, value))
}

/** Names of a comma-separated list, unquoted. */
function namesOf(value: string): string[] {
  return [...value.matchAll(/\s*(?:"((?:[^"]|"")*)"|([^,]*?))\s*(?:,|$)/g)]
    .map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain!.toLowerCase()).filter(name => name !== '')
}

const whole = (name: string, min: number, max: number) => (value: string): string => {
  const number = Number(value)
  if (!/^\s*-?\d+\s*$/.test(value) || number < min || number > max) throw invalidValue(name, value)
  return String(number)
}

const fixed = (name: string, initial: string, description: string): Setting =>
  ({ name, initial, description, isFixed: true })

const ALL: readonly Setting[] = [
  {
    name: 'search_path', initial: '"$user", public', description: 'Schemas in which names are looked up.',
    apply: (session, value) => {
      session.names.path = namesOf(value).filter(name => name !== '$user').map(name => name === 'main' ? 'public'
        : name)
      session.forgetPlans()
    },
  },
  {
    name: 'statement_timeout', initial: '0', description: 'Longest time of a statement; 0 is any.',
    check: time('statement_timeout'),
    apply: (session, value) => { session.statementTimeoutMs = millisecondsOf('statement_timeout', value) },
  },
  {
    name: 'lock_timeout', initial: '0',
      description: 'How long execute() waits for locks; 0: as PRAGMA busy_timeout says.',
    check: time('lock_timeout'),
    apply: (session, value) => { session.lockTimeoutMs = millisecondsOf('lock_timeout', value) },
  },
  {
    name: 'transaction_isolation', initial: 'read committed', description: 'Level of the transaction.',
    show: session => session.transaction?.level ?? session.defaults.level,
    check: oneOf('transaction_isolation', LEVELS),
    apply: (session, value) => {
      if (session.transaction !== null) session.setTransaction({ level: value as IsolationLevel, readOnly: null })
    },
  },
  {
    name: 'default_transaction_isolation', initial: 'read committed', description: 'Level of new transactions.',
    show: session => session.defaults.level, check: oneOf('default_transaction_isolation', LEVELS),
    apply: (session, value) => session.setDefaults({ level: value as IsolationLevel, readOnly: null }),
  },
  {
    name: 'transaction_read_only', initial: 'off', description: 'Whether the transaction may change anything.',
    show: session => (session.transaction?.isReadOnly ?? session.defaults.readOnly) ? 'on' : 'off',
    check: boolean('transaction_read_only'),
    apply: (session, value) => {
      if (session.transaction !== null) session.setTransaction({ level: null, readOnly: value === 'on' })
    },
  },
  {
    name: 'default_transaction_read_only', initial: 'off', description: 'Whether new transactions may change anything.',
    show: session => session.defaults.readOnly ? 'on' : 'off', check: boolean('default_transaction_read_only'),
    apply: (session, value) => session.setDefaults({ level: null, readOnly: value === 'on' }),
  },
  {
    name: 'default_transaction_deferrable', initial: 'off', description: 'Accepted; changes nothing.',
    check: boolean('default_transaction_deferrable'),
  },
  {
    name: 'TimeZone', initial: 'UTC', description: 'Time zone of timestamps as text.',
    check: oneOf('TimeZone', ['UTC', 'GMT', 'Etc/UTC', 'Z', '0', '+00', '+00:00']),
  },
  {
    name: 'DateStyle', initial: 'ISO, MDY', description: 'How dates are written.',
    check: value => {
      if (/^\s*iso\s*(,\s*(mdy|dmy|ymd))?\s*$/i.test(value)) return 'ISO, MDY'
      throw invalidValue('DateStyle', value, 'Dates are always written as ISO 8601.')
    },
  },
  {
    name: 'IntervalStyle', initial: 'postgres', description: 'How intervals are written.',
    check: oneOf('IntervalStyle', ['postgres']),
  },
  {
    name: 'client_encoding', initial: 'UTF8', description: 'Encoding of text.',
    check: value => {
      if (/^\s*(utf-?8|unicode)\s*$/i.test(value)) return 'UTF8'
      throw invalidValue('client_encoding', value, 'Text is UTF-8.')
    },
  },
  {
    name: 'standard_conforming_strings', initial: 'on', description: 'Backslashes in text are plain characters.',
    check: oneOf('standard_conforming_strings', ['on']),
  },
  { name: 'bytea_output', initial: 'hex', description: 'How bytes are written.',
    check: oneOf('bytea_output', ['hex']) },
  {
    name: 'extra_float_digits', initial: '1', description: 'Accepted; floats are always written exactly.',
    check: whole('extra_float_digits', -15, 3),
  },
  {
    name: 'client_min_messages', initial: 'notice', description: 'Accepted; there are no notices.',
    check: oneOf('client_min_messages',
      ['debug5', 'debug4', 'debug3', 'debug2', 'debug1', 'log', 'notice', 'warning', 'error']),
  },
  { name: 'application_name', initial: '', description: 'Name of the application, for itself.' },
  fixed('server_version', '15.0', 'The version of PostgreSQL whose behaviour is followed.'),
  fixed('server_version_num', '150000', 'The same as a number.'),
  fixed('server_encoding', 'UTF8', 'Encoding of text in the file.'),
  fixed('integer_datetimes', 'on', 'Timestamps are whole microseconds.'),
  fixed('max_identifier_length', '63', 'Longest name in bytes.'),
  fixed('max_index_keys', '32', 'Most columns of an index, for tools.'),
  fixed('is_superuser', 'on', 'There are no users.'),
  fixed('in_hot_standby', 'off', 'There is no standby.'),
]

/** By lower-case name. */
export const SETTINGS: ReadonlyMap<string, Setting> = new Map(ALL.map(each => [each.name.toLowerCase(), each]))
