// Foreign keys that wait for the commit: DEFERRABLE ones, as they were declared or as SET CONSTRAINTS says, and the
// changes that are looked at then (foreign-keys.ts).
import type { ForeignKey } from '../base/types.ts'
import type { RowChange } from '../../storage/mod.ts'

/** Changes of deferred keys, kept until the commit. */
export class DeferredKeys {
  #kept: RowChange[] = []
  /** SET CONSTRAINTS: by name, '' for ALL. */
  #modes = new Map<string, boolean>()

  /** A transaction has begun or ended. */
  clear(): void {
    this.#kept = []
    this.#modes.clear()
  }

  /** True while the key waits for the commit. */
  isDeferred(key: ForeignKey): boolean {
    if (key.deferrable !== true) return false
    return this.#modes.get(key.name) ?? this.#modes.get('') ?? key.deferred === true
  }

  /** SET CONSTRAINTS. */
  set(names: readonly string[], isDeferred: boolean): void {
    if (names.length === 0) this.#modes.clear()
    for (const name of names.length === 0 ? [''] : names) this.#modes.set(name, isDeferred)
  }

  /** Keeps changes for the commit. */
  keep(changes: readonly RowChange[]): void {
    for (const change of changes) this.#kept.push(change)
  }

  /** The kept changes, once. */
  take(): readonly RowChange[] {
    const taken = this.#kept
    this.#kept = []
    return taken
  }
}
