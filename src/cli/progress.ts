// Progress on standard error: on a terminal one line that is redrawn ten times a second, elsewhere a plain line
// every few seconds, so that logs stay readable.

const DRAW_MS = 100
const LINE_MS = 3000
const BAR_WIDTH = 24

/** One running task. */
export class Progress {
  private readonly label: string
  private readonly stream: NodeJS.WriteStream
  private readonly unit: string
  private readonly started = performance.now()
  private shown = 0
  private isDrawn = false

  constructor(label: string, unit = 'rows', stream: NodeJS.WriteStream = process.stderr) {
    this.label = label
    this.unit = unit
    this.stream = stream
    this.shown = this.started
  }

  /** Shows the state when it is time to: `share` is 0..1, `done` the number of rows (or other units) so far. */
  update(share: number, done: number): void {
    const now = performance.now()
    const isTty = this.stream.isTTY === true
    if (now - this.shown < (isTty ? DRAW_MS : LINE_MS)) return
    this.shown = now
    const seconds = (now - this.started) / 1000
    const part = Math.max(0, Math.min(1, share))
    const rate = `${count(done)} ${this.unit}, ${count(Math.round(done / seconds))}/s`
    if (!isTty) {
      this.stream.write(`${this.label}: ${Math.round(part * 100)} %, ${rate}\n`)
      return
    }
    const full = Math.round(part * BAR_WIDTH)
    const left = part > 0.02 ? `, ${Math.ceil(seconds / part - seconds)} s left` : ''
    const bar = '█'.repeat(full) + '░'.repeat(BAR_WIDTH - full)
    const text = `${this.label} ${bar} ${Math.round(part * 100)} % ${rate}${left}`
    this.stream.write('\r\x1b[2K' + text.slice(0, Math.max(20, (this.stream.columns ?? 80) - 1)))
    this.isDrawn = true
  }

  /** Removes the line and returns the seconds since the start. */
  finish(): number {
    if (this.isDrawn) this.stream.write('\r\x1b[2K')
    return (performance.now() - this.started) / 1000
  }
}

/** 1,234,567 */
export function count(value: number): string {
  return value.toLocaleString('en-US')
}

/** 1 row, 2,000 rows */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`
}
