// What a described structure is: a sample of its bytes, the value each field has in it, and the places that
// describe it. The samples are made in layouts.ts (encoders) and stored-layouts.ts (through a store).

/** One field: how descriptions call it, and the bytes it has in the sample. */
export interface Field {
  readonly name: string
  /** Matches the description of this field and of no other of the structure. */
  readonly label: RegExp
  readonly bytes: Uint8Array
}

/** A structure, one sample of its bytes, and who describes it. */
export interface Layout {
  readonly name: string
  /** Heading in docs/FORMAT.md under which its table stands. */
  readonly heading: string
  /** Source file whose header pictures it, and the line the picture starts on. */
  readonly source: string
  readonly picture: RegExp
  readonly sample: Uint8Array
  readonly fields: readonly Field[]
}

/** A field of the sample, little-endian in `size` bytes. */
export function field(name: string, label: RegExp, size: number, value: number | bigint): Field {
  const bytes = new Uint8Array(size)
  let rest = BigInt(value)
  for (let i = 0; i < size; i++, rest >>= 8n) bytes[i] = Number(rest & 0xffn)
  return { name, label, bytes }
}

/** A field whose bytes are given. */
export function bytesField(name: string, label: RegExp, bytes: Uint8Array): Field {
  return { name, label, bytes }
}

/** ASCII. */
export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => c.charCodeAt(0))
}

/** Where the encoder put each field: searched one after another, so every offset is measured. */
export function measure(layout: Layout): { name: string; offset: number; size: number }[] {
  const sample = Buffer.from(layout.sample)
  let from = 0
  return layout.fields.map(({ name, bytes }) => {
    const offset = bytes.length === 0 ? layout.sample.length : sample.indexOf(bytes, from)
    if (offset < 0) throw new Error(`${layout.name}: ${name} is not written behind offset ${from}`)
    from = offset + bytes.length
    return { name, offset, size: bytes.length }
  })
}
