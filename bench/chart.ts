// The chart of a run as SVG text: one horizontal bar per engine and measurement, on a logarithmic
// scale, because a get takes 300 ns in one engine and a millisecond in another. Written by hand:
// sixty lines of rectangles need no chart library, and the file opens in any browser.
import type { CaseOutcome } from './case.ts'
import { shownFigure } from './report.ts'
import type { Measurement } from './measure.ts'

const WIDTH = 860
const LABEL_WIDTH = 300
const BAR_HEIGHT = 16
const BAR_GAP = 4
const TITLE_HEIGHT = 34
const BAR_WIDTH_MAX = WIDTH - LABEL_WIDTH - 120
const OURS = '#0b6e4f'
const THEIRS = '#b8b8b8'

interface Bar {
  readonly label: string
  readonly isOurs: boolean
  readonly measurement: Measurement
}

/** SVG of all measurements that at least two engines share. */
export function chartOf(outcomes: readonly CaseOutcome[]): string {
  const parts: string[] = []
  let y = 10
  for (const [what, bars] of barsByMeasurement(outcomes)) {
    if (bars.length < 2) continue
    const unit = bars[0]!.measurement.unit
    parts.push(text(10, y + 18, `${what} (${unit}, logarithmic)`, 'bold'))
    y += TITLE_HEIGHT
    const floor = Math.min(...bars.map((one) => one.measurement.median)) / 2
    const ceiling = Math.max(...bars.map((one) => one.measurement.median))
    for (const bar of bars) {
      const { median } = bar.measurement
      const width = Math.max(1, BAR_WIDTH_MAX * Math.log(median / floor) / Math.log(ceiling / floor))
      const fill = bar.isOurs ? OURS : THEIRS
      parts.push(text(10, y + 12, bar.label, bar.isOurs ? 'bold' : 'normal'))
      const size = `width="${width.toFixed(1)}" height="${BAR_HEIGHT}"`
      parts.push(`<rect x="${LABEL_WIDTH}" y="${y}" ${size} fill="${fill}"/>`)
      parts.push(text(LABEL_WIDTH + width + 6, y + 12, shownFigure(bar.measurement), 'normal'))
      y += BAR_HEIGHT + BAR_GAP
    }
    y += 10
  }
  const size = `viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}"`
  const head = `<svg xmlns="http://www.w3.org/2000/svg" ${size}`
  const style = 'font-family="sans-serif" font-size="12" fill="#222"'
  return `${head} ${style}>\n<rect width="100%" height="100%" fill="#fff"/>\n${parts.join('\n')}\n</svg>\n`
}

function barsByMeasurement(outcomes: readonly CaseOutcome[]): Map<string, Bar[]> {
  const found = new Map<string, Bar[]>()
  for (const { label, order, measurements } of outcomes) {
    for (const measurement of measurements) {
      const bars = found.get(measurement.what) ?? []
      bars.push({ label, isOurs: order.engine === 'secantdb', measurement })
      found.set(measurement.what, bars)
    }
  }
  return found
}

function text(x: number, y: number, words: string, weight: string): string {
  const safe = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return `<text x="${x.toFixed(0)}" y="${y}" font-weight="${weight}">${safe}</text>`
}
