// Code made once per process: factories of JavaScript kernels and WebAssembly modules by the key of their
// program (ir.ts). Keys hold no literals of the query, so statements of one shape share code, and a program that
// is known need not be printed again.
const LIMIT = 2000
const factories = new Map<string, CallableFunction>()
const modules = new Map<string, unknown>()

function remember<T>(cache: Map<string, T>, key: string, make: () => T): T {
  const known = cache.get(key)
  if (known !== undefined) return known
  if (cache.size >= LIMIT) cache.delete(cache.keys().next().value!)
  const made = make()
  cache.set(key, made)
  return made
}

/** `new Function('M', 'H', 'F', 'E', source)`, remembered by key. */
export function factoryOf<F extends CallableFunction>(key: string, print: () => string): F {
  return remember(factories, key, () => new Function('M', 'H', 'F', 'E', print()) as CallableFunction) as F
}

/** What was printed and compiled for a key, made on the first request. */
export function compiledOf<T>(key: string, make: () => T): T {
  return remember(modules, key, make) as T
}
