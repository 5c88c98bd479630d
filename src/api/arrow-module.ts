// The apache-arrow module, loaded on first need (about 50 ms). Whose copy it is matters: Node gives `import` and
// `require` different ones, and apache-arrow's writer refuses tables of the other. So open() adopts the copy
// that the program has loaded already; a program that loads it later awaits loadArrow() once. Without either,
// a synchronous result takes the copy of require(), which is as good for reading.
import { createRequire } from 'node:module'

/** The module's namespace. */
export type Arrow = typeof import('apache-arrow')

const require = createRequire(import.meta.url)
let loaded: Arrow | null = null
let loading: Promise<Arrow> | null = null

/** Loads apache-arrow as an ES module: results are then made of the classes of `import 'apache-arrow'`. */
export function loadArrow(): Promise<Arrow> {
  loading ??= import('apache-arrow').then(module => loaded = module)
  return loading
}

/** Takes the copy that the program has loaded, if it has; free when it has not. */
export async function adoptLoadedArrow(): Promise<void> {
  if (loaded !== null) return
  const cached = Object.keys(require.cache)
  if (cached.some(path => /[\\/]apache-arrow[\\/]Arrow\.node\.js$/.test(path))) arrowModule()
  // The ES module leaves no trace but flatbuffers, a CommonJS package that it imports.
  else if (cached.some(path => /[\\/]flatbuffers[\\/]/.test(path))) await loadArrow()
}

/** The module now. */
export function arrowModule(): Arrow {
  loaded ??= require('apache-arrow') as Arrow
  return loaded
}
