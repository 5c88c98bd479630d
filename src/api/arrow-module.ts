// The apache-arrow module, loaded on first need (about 50 ms). Whose copy it is matters: Node gives `import` and
// `require` different ones, and apache-arrow's writer refuses tables of the other. So open() adopts the copy
// that the program has loaded already; a program that loads it later awaits loadArrow() once. Without either,
// a synchronous result takes the copy of require(), which is as good for reading.
import type { Data, DataType, Vector } from 'apache-arrow'
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

/** Buffers of one column; what makeData() takes, less the type. */
export interface ArrowBuffers {
  readonly length: number
  readonly nullCount: number
  readonly nullBitmap?: Uint8Array | undefined
  readonly data?: ArrayBufferView
  readonly valueOffsets?: Int32Array
  readonly children?: Data[]
  readonly dictionary?: Vector
}

type MakeDataProps = Parameters<Arrow['makeData']>[0]
type RawData = new (
  type: DataType, offset: number, length: number, nullCount: number, buffers: unknown[], children?: Data[],
  dictionary?: Vector,
) => Data

const NO_BYTES = new Uint8Array(0)

/**
 * makeData() without its dispatch over types and its conversion of every buffer, for buffers that are already of the
 * type's own array: several times faster, which small results notice.
 */
export function arrowData(arrow: Arrow, type: DataType, chunk: ArrowBuffers): Data {
  const { length, nullCount, nullBitmap, data, valueOffsets, children, dictionary } = chunk
  const isReady = data === undefined ? children !== undefined
    : data instanceof (type.ArrayType as new () => ArrayBufferView)
  if (!isReady) return arrow.makeData({ type, ...chunk } as MakeDataProps) as Data
  const buffers = [valueOffsets, data, nullBitmap ?? NO_BYTES]
  return new (arrow.Data as unknown as RawData)(type, 0, length, nullCount, buffers, children, dictionary)
}
