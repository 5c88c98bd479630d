// Functions that ask or change the session they run in: sequences and settings. The executor knows no session, so
// whoever runs statements says, before each of them, which one is present; everything until the next one is
// synchronous.
import type { Scalar } from '../../src/base/types.ts'
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { FunctionEntry } from './entry.ts'
import { scalar } from './entry.ts'

/** What functions see of the session whose statement runs. Errors are the session's. */
export interface SessionHost {
  nextValue(sequence: string): Scalar
  currentValue(sequence: string): Scalar
  lastValue(): Scalar
  setValue(sequence: string, value: bigint, isCalled: boolean): Scalar
  /** A setting as SHOW has it; null when it is unknown and may be missing. */
  setting(name: string, missingOk: boolean): string | null
  setSetting(name: string, value: string | null, isLocal: boolean): string
  currentSchema(): string | null
  /** A text about the object of the catalogue with this number; `part` is the number of a column, 0 for the whole. */
  describe(what: string, oid: number, part: number): string | null
  /** Number of a relation; 42P01, or null when it may be missing. */
  relationOid(name: string, missingOk: boolean): number | null
}

let present: SessionHost | null = null

/** Says whose statement runs from now on. */
export function enterSession(host: SessionHost): void {
  present = host
}

/** The session whose statement runs. */
export function sessionHost(): SessionHost {
  if (present === null) throw new DatabaseError(CODE.UNSUPPORTED, 'this function needs a session')
  return present
}

const VOLATILE = { volatile: true } as const

export const SESSION_FUNCTIONS: readonly FunctionEntry[] = [
  scalar('nextval', 'text -> bigint', (name: string) => sessionHost().nextValue(name), VOLATILE),
  scalar('currval', 'text -> bigint', (name: string) => sessionHost().currentValue(name), VOLATILE),
  scalar('lastval', '-> bigint', () => sessionHost().lastValue(), VOLATILE),
  scalar('setval', 'text, bigint -> bigint', (name: string, value: number | bigint) =>
    sessionHost().setValue(name, BigInt(value), true), VOLATILE),
  scalar('setval', 'text, bigint, boolean -> bigint', (name: string, value: number | bigint, called: number) =>
    sessionHost().setValue(name, BigInt(value), called === 1), VOLATILE),
  scalar('current_setting', 'text -> text', (name: string) => sessionHost().setting(name, false), VOLATILE),
  scalar('current_setting', 'text, boolean -> text', (name: string, missing: number) =>
    sessionHost().setting(name, missing === 1), VOLATILE),
  scalar('set_config', 'text, text, boolean -> text', (name: string, value: string | null, isLocal: number) =>
    sessionHost().setSetting(name, value, isLocal === 1), { volatile: true, lax: true }),
  scalar('current_schema', '-> text', () => sessionHost().currentSchema(), VOLATILE),
]
