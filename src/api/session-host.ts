// What SQL functions see of a session (exec/functions/session.ts): its sequences and settings.
// currval and lastval are the session's own; sequences are everybody's.
import { CODE, DatabaseError } from '../base/errors.ts'
import type { Scalar } from '../base/types.ts'
import type { SessionHost } from '../../exec/functions/session.ts'
import type { SequenceObject, Transaction } from '../../storage/mod.ts'
import { didYouMean } from '../sql/nearest-name.ts'
import { bareOf, parseRelationName } from '../sql/relation-name.ts'
import { catalogFacts } from '../sql/system-facts.ts'
import type { CatalogFacts } from '../sql/system-facts.ts'
import type { SessionCatalog } from './session-catalog.ts'
import { SYSTEM_OIDS, describe } from './system-contents.ts'
import { hasSchema } from './session-names.ts'
import type { Session } from './session.ts'

/** The catalogue with its numbers, as it was at a version. */
interface Known {
  readonly version: number
  readonly running: Transaction | null
  readonly facts: CatalogFacts
  /** Oids by full name. */
  readonly names: ReadonlyMap<string, number>
}

/** The host of one session. */
export class Host implements SessionHost {
  readonly #session: Session
  readonly #values = new Map<string, Scalar>()
  #last: string | null = null
  #known: Known | null = null

  constructor(session: Session) {
    this.#session = session
  }

  /** The sequence that a text such as `s.q` or `"S"` names. 42P01, 42809. */
  sequence(text: string): SequenceObject {
    const name = parseRelationName(text)
    const catalog = this.#catalog
    const relation = name === null ? null : catalog.relation(name)
    if (relation === null) {
      const hint = didYouMean(text, catalog.names())
      throw new DatabaseError(CODE.UNDEFINED_TABLE, `relation "${text}" does not exist`,
        hint === undefined ? {} : { hint })
    }
    if (relation.kind === 'sequence') return relation.object as SequenceObject
    throw new DatabaseError(CODE.WRONG_OBJECT, `"${text}" is not a sequence`)
  }

  /** nextval. */
  nextValue(text: string): Scalar {
    const { database, running } = this.#session
    const sequence = this.sequence(text)
    this.#session.engine.assertWritable()
    const value = database.sequences.next(sequence, running)
    this.#values.set(sequence.name, value)
    this.#last = sequence.name
    return value
  }

  /** currval; 55000 before the session's first nextval. */
  currentValue(text: string): Scalar {
    const { name } = this.sequence(text)
    const value = this.#values.get(name)
    if (value !== undefined) return value
    throw new DatabaseError(CODE.NOT_OPEN, `currval of sequence "${name}" is not yet defined in this session`)
  }

  /** lastval; 55000 before the session's first nextval. */
  lastValue(): Scalar {
    const value = this.#last === null ? undefined : this.#values.get(this.#last)
    if (value !== undefined) return value
    throw new DatabaseError(CODE.NOT_OPEN, 'lastval is not yet defined in this session')
  }

  /** setval. */
  setValue(text: string, value: bigint, isCalled: boolean): Scalar {
    const { database, running, engine } = this.#session
    engine.assertWritable()
    const sequence = this.sequence(text)
    const set = database.sequences.set(sequence, value, isCalled, running)
    if (isCalled) this.#values.set(sequence.name, set)
    return set
  }

  /** current_setting. */
  setting(name: string, missingOk: boolean): string | null {
    return this.#session.settings.show(name, missingOk)
  }

  /** set_config. */
  setSetting(name: string, value: string | null, isLocal: boolean): string {
    this.#session.settings.set(name, value, isLocal)
    return this.#session.settings.show(name, false)!
  }

  /** pg_get_indexdef and the like. */
  describe(what: string, oid: number, part: number): string | null {
    const { facts, names } = this.#facts()
    const isVisible = (name: string): boolean => (
      this.#session.names.candidates(bareOf(name), null).find(each => names.has(each)) === name
    )
    return describe(facts, what, oid, part, isVisible)
  }

  /** 'name'::regclass, to_regclass. 42P01. */
  relationOid(text: string, missingOk: boolean): number | null {
    const name = parseRelationName(text)
    const system = SYSTEM_OIDS.get(name?.replace(/^pg_catalog\./, '') ?? '')
    if (system !== undefined) return system
    const { names } = this.#facts()
    const found = name === null ? undefined : this.#session.names.candidates(name, null).find(each => names.has(each))
    if (found !== undefined) return names.get(found)!
    if (missingOk) return null
    throw new DatabaseError(CODE.UNDEFINED_TABLE, `relation "${text}" does not exist`)
  }

  get #catalog(): SessionCatalog {
    const session = this.#session
    return session.running === null ? session.catalog : session.catalogOf(session.running)
  }

  // Kept while the catalogue stays as it is: functions ask once for each row.
  #facts(): Known {
    const { catalogVersion: version, running } = this.#session
    if (this.#known === null || this.#known.version !== version || this.#known.running !== running) {
      const facts = catalogFacts(this.#catalog.contents())
      this.#known = { version, running, facts, names: new Map(facts.relations.map(({ name, oid }) => [name, oid])) }
    }
    return this.#known
  }

  /** current_schema. */
  currentSchema(): string | null {
    const { names, engine, transaction } = this.#session
    return names.path.find(schema => hasSchema(engine, transaction, schema)) ?? null
  }
}
