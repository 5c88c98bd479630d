// The apache-arrow module, loaded on first need. Asynchronous callers import it as an ES module, so that its
// classes are those of the user's own `import 'apache-arrow'`. A synchronous result that comes before any
// import finished falls back to require(), which has classes of its own: good to read, but apache-arrow's
// own writer refuses them. open() therefore starts the import without waiting for it, and whoever hands
// tables to apache-arrow right after open() can await loadArrow() first.
import { createRequire } from 'node:module'

/** The module's namespace. */
export type Arrow = typeof import('apache-arrow')

let loaded: Arrow | null = null
let loading: Promise<Arrow> | null = null

/** Loads apache-arrow; about 50 ms the first time. */
export function loadArrow(): Promise<Arrow> {
  loading ??= import('apache-arrow').then(module => loaded = module)
  return loading
}

/** The module now, at the price of a second copy when no import has finished yet. */
export function arrowModule(): Arrow {
  loaded ??= createRequire(import.meta.url)('apache-arrow') as Arrow
  return loaded
}
