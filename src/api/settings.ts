// Settings of a session: SET, SET LOCAL, RESET, SHOW, set_config, current_setting. What a transaction sets is taken
// back with it, what SET LOCAL sets ends with the transaction, as in PostgreSQL.
//
//   session values ──SET LOCAL──► effective values          COMMIT: effective := session values
//        └───────────SET────────► both                      ROLLBACK [TO]: both as they were there
import { CODE, DatabaseError } from '../base/errors.ts'
import type { Savepoint } from '../../storage/mod.ts'
import { didYouMean } from '../sql/nearest-name.ts'
import type { Session } from './session.ts'
import { SETTINGS } from './setting-list.ts'

/** Values that differ from the defaults, by lower-case name. */
type Values = ReadonlyMap<string, string>

/** Where the settings stood. */
interface SettingsMark {
  readonly effective: Values
  readonly lasting: Values
}

/** The settings of one session. */
export class Settings {
  readonly #session: Session
  #effective: Values = new Map()
  #lasting: Values = new Map()
  #atBegin: SettingsMark = { effective: this.#effective, lasting: this.#lasting }
  readonly #atSavepoint = new WeakMap<Savepoint, SettingsMark>()

  constructor(session: Session) {
    this.#session = session
  }

  /** What SHOW says: the value as text. 42704 for an unknown name, null instead when it may be missing. */
  show(name: string, missingOk: boolean): string | null {
    const key = name.toLowerCase()
    const known = SETTINGS.get(key)
    if (known?.show !== undefined) return known.show(this.#session)
    const value = this.#effective.get(key) ?? known?.initial
    if (value !== undefined) return value
    if (missingOk) return null
    throw unknownSetting(name)
  }

  /** SET; null goes back to the default. 42704, 22023 for a value, 55P02 for what cannot be set. */
  set(name: string, value: string | null, isLocal: boolean): void {
    const key = name.toLowerCase()
    const known = SETTINGS.get(key)
    if (known === undefined && !key.includes('.')) throw unknownSetting(name)
    if (known?.isFixed === true) {
      throw new DatabaseError(CODE.CANNOT_CHANGE, `parameter "${known.name}" cannot be changed`)
    }
    if (isLocal && this.#session.transaction === null) return
    const checked = value === null ? null : known?.check?.(value, this.#session) ?? value
    this.#effective = changed(this.#effective, key, checked)
    if (!isLocal) this.#lasting = changed(this.#lasting, key, checked)
    this.#apply(key)
  }

  /** RESET ALL. */
  resetAll(): void {
    const keys = new Set([...this.#effective.keys(), ...this.#lasting.keys()])
    this.#effective = new Map()
    this.#lasting = new Map()
    for (const key of keys) this.#apply(key)
  }

  /** Rows of SHOW ALL: name, setting, description. */
  all(): string[][] {
    const custom = [...this.#effective].filter(([key]) => !SETTINGS.has(key)).map(([key, value]) => [key, value, ''])
    return [...[...SETTINGS.values()].map(({ name, description }) => [name, this.show(name, false)!, description]),
      ...custom]
      .sort((a, b) => a[0]!.toLowerCase() < b[0]!.toLowerCase() ? -1 : 1)
  }

  /** A transaction has begun. */
  begun(): void {
    this.#atBegin = this.#mark
  }

  /** Remembers the settings at a savepoint, which is returned. */
  noted(savepoint: Savepoint): Savepoint {
    this.#atSavepoint.set(savepoint, this.#mark)
    return savepoint
  }

  /** ROLLBACK TO. */
  returnTo(savepoint: Savepoint): void {
    const mark = this.#atSavepoint.get(savepoint)
    if (mark !== undefined) this.#return(mark)
  }

  /** The transaction has ended: what it set stays when it is committed, and what was local does not. */
  ended(isCommitted: boolean): void {
    this.#return(isCommitted ? { effective: this.#lasting, lasting: this.#lasting } : this.#atBegin)
  }

  get #mark(): SettingsMark {
    return { effective: this.#effective, lasting: this.#lasting }
  }

  #return({ effective, lasting }: SettingsMark): void {
    const keys = differing(this.#effective, effective)
    this.#effective = effective
    this.#lasting = lasting
    for (const key of keys) this.#apply(key)
  }

  // Tells the session of a value that it acts upon.
  #apply(key: string): void {
    const known = SETTINGS.get(key)
    known?.apply?.(this.#session, this.#effective.get(key) ?? known.initial)
  }
}

const NONE: readonly string[] = []

function changed(values: Values, key: string, value: string | null): Values {
  const next = new Map(values)
  if (value === null) next.delete(key)
  else next.set(key, value)
  return next
}

function differing(a: Values, b: Values): readonly string[] {
  if (a === b) return NONE
  return [...new Set([...a.keys(), ...b.keys()])].filter(key => a.get(key) !== b.get(key))
}

function unknownSetting(name: string): DatabaseError {
  const hint = didYouMean(name, [...SETTINGS.values()].map(setting => setting.name))
  return new DatabaseError(CODE.UNDEFINED_OBJECT, `unrecognized configuration parameter "${name}"`,
    hint === undefined ? {} : { hint })
}
