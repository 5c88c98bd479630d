// Code made once per process: factories of JavaScript kernels by their source, WebAssembly modules by the
// text of their program. Sources hold no literals of the query, so statements of one shape share code.
const LIMIT = 2000
const factories = new Map<string, CallableFunction>()
const modules = new Map<string, WebAssembly.Module>()

/** `new Function('M', 'H', 'F', 'E', source)`, remembered. */
export function factoryOf<F extends CallableFunction>(source: string): F {
  const known = factories.get(source)
  if (known !== undefined) return known as F
  if (factories.size >= LIMIT) factories.delete(factories.keys().next().value!)
  const made = new Function('M', 'H', 'F', 'E', source) as CallableFunction
  factories.set(source, made)
  return made as F
}

/** A compiled module by key, made from bytes on the first request. */
export function moduleOf(key: string, bytes: () => Uint8Array<ArrayBuffer>): WebAssembly.Module {
  const known = modules.get(key)
  if (known !== undefined) return known
  if (modules.size >= LIMIT) modules.delete(modules.keys().next().value!)
  const made = new WebAssembly.Module(bytes())
  modules.set(key, made)
  return made
}
