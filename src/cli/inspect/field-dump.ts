// Bytes beside what they mean: one line per field with its offset, its bytes in hex, its name and its value.
// Reading past the end of the bytes ends the dump with a line that says so, so damaged files need no care.
//
//   000040  d2 02 00 00 00 00 00 00                          redo LSN           722

const HEX_COLUMNS = 47
const NAME_COLUMNS = 18
const ROW_BYTES = 16
/** Rows of hex shown for one long field. */
const ROWS_MAX = 3

/** Number as 8 hex digits. */
export function hex32(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0')
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ')
}

function offsetOf(at: number): string {
  return at.toString(16).padStart(6, '0')
}

/** Reads fields in order and writes a line for each. */
export class FieldDump {
  readonly lines: string[] = []
  readonly bytes: Uint8Array
  /** Offset of the next field in `bytes`. */
  at = 0
  private readonly view: DataView
  private readonly origin: number
  private isOver = false

  /** `origin` is the offset shown for the first byte. */
  constructor(bytes: Uint8Array, origin = 0) {
    this.bytes = bytes
    this.origin = origin
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** True while the bytes have not run out. */
  get isComplete(): boolean {
    return !this.isOver
  }

  /** A line without bytes. */
  note(text: string): void {
    this.lines.push(text)
  }

  private take<T>(name: string, length: number, read: (at: number) => T, show: (value: T) => string): T | null {
    if (this.isOver) return null
    const at = this.at
    if (length < 0 || at + length > this.bytes.length) {
      this.isOver = true
      this.lines.push(`${offsetOf(this.origin + at)}  the bytes end here; ${name} would take ${length}`)
      return null
    }
    this.at = at + length
    const value = read(at)
    this.push(at, length, name, show(value))
    return value
  }

  private push(at: number, length: number, name: string, value: string): void {
    const first = hexOf(this.bytes.subarray(at, at + Math.min(length, ROW_BYTES))).padEnd(HEX_COLUMNS)
    this.lines.push(`${offsetOf(this.origin + at)}  ${first}  ${name.padEnd(NAME_COLUMNS)} ${value}`.trimEnd())
    for (let row = 1; row * ROW_BYTES < length; row++) {
      const from = at + row * ROW_BYTES
      if (row === ROWS_MAX) {
        this.lines.push(`${' '.repeat(8)}and ${length - row * ROW_BYTES} bytes more`)
        return
      }
      this.lines.push(`${offsetOf(this.origin + from)}  ${hexOf(this.bytes.subarray(from, Math.min(from + ROW_BYTES,
        at + length)))}`)
    }
  }

  u8(name: string, show: (value: number) => string = String): number | null {
    return this.take(name, 1, (at) => this.bytes[at]!, show)
  }

  u16(name: string, show: (value: number) => string = String): number | null {
    return this.take(name, 2, (at) => this.view.getUint16(at, true), show)
  }

  u32(name: string, show: (value: number) => string = String): number | null {
    return this.take(name, 4, (at) => this.view.getUint32(at, true), show)
  }

  u64(name: string, show: (value: bigint) => string = String): bigint | null {
    return this.take(name, 8, (at) => this.view.getBigUint64(at, true), show)
  }

  f64(name: string): number | null {
    return this.take(name, 8, (at) => this.view.getFloat64(at, true), String)
  }

  raw(name: string, length: number, show: (bytes: Uint8Array) => string = () => ''): Uint8Array | null {
    return this.take(name, length, (at) => this.bytes.subarray(at, at + length), show)
  }

  /** Characters, such as a magic number. */
  characters(name: string, length: number): void {
    this.raw(name, length, (bytes) => JSON.stringify(Buffer.from(bytes).toString('latin1')))
  }

  /** The checksum that a place says its bytes have, beside the one they have. */
  checksum(name: string, actual: number): void {
    this.u32(name, (stored) => checksumText(stored, actual))
  }
}

/** What a checksum says and whether it holds. */
export function checksumText(stored: number, actual: number): string {
  if (stored === actual) return `${hex32(stored)} holds`
  return `${hex32(stored)} DOES NOT HOLD: the bytes give ${hex32(actual)}`
}

/** 16 bytes a line with their characters; repeated lines are shown once. */
export function hexDump(bytes: Uint8Array, origin = 0): string[] {
  const lines: string[] = []
  let before = ''
  for (let at = 0; at < bytes.length; at += ROW_BYTES) {
    const row = bytes.subarray(at, at + ROW_BYTES)
    const hex = hexOf(row)
    if (hex === before) {
      if (lines.at(-1) !== '*') lines.push('*')
      continue
    }
    before = hex
    const text = Array.from(row, (byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.')).join('')
    lines.push(`${offsetOf(origin + at)}  ${hex.padEnd(HEX_COLUMNS)}  ${text}`)
  }
  return lines
}
