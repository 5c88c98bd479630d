// Turns outcomes into what people read: the console table, the results page and the JSON beside it.
// The order is always the same: what we lose, what we missed, what we met, then every figure.
import type { CaseOutcome } from './case.ts'
import type { Machine } from './machine.ts'
import type { Measurement } from './measure.ts'
import { grouped } from './measure.ts'
import type { Comparison } from './targets.ts'
import { compare } from './targets.ts'

export interface Run {
  readonly date: string
  readonly commit: string
  readonly scale: string
  readonly seed: number
  readonly machine: Machine
  readonly outcomes: readonly CaseOutcome[]
}

/** A figure with its unit, three significant digits: `412 ns`, `9,310 commits/s`. */
export function shownFigure(one: Measurement): string {
  return `${shownNumber(one.median)} ${one.unit}`
}

/** Lines for the console. */
export function consoleReport(run: Run): string[] {
  const lines = ['', heading(run), '']
  for (const one of compare(run.outcomes)) lines.push(comparisonLine(one))
  lines.push('', 'all figures: median [min .. max] of the rounds; equal hashes = equal answers')
  for (const { label, measurements } of run.outcomes) {
    for (const one of measurements) {
      lines.push(`  ${pad(one.what, 54)} ${pad(label, 34)} ${spread(one)} ${one.hash}`)
    }
  }
  for (const { order, skipped } of run.outcomes) {
    if (skipped) lines.push(`  skipped: ${order.workload} on ${order.engine}: ${skipped}`)
  }
  return lines
}

/** The results page in Markdown. */
export function pageOf(run: Run, chartFile: string): string {
  const { machine } = run
  const comparisons = compare(run.outcomes)
  const table = (rows: readonly Comparison[]): string[] => [
    '| | what | ours | against | theirs | ratio | wanted |', '|---|---|---|---|---|---|---|',
    ...rows.map((one) => `| ${one.verdict}${one.sameAnswers ? '' : ', **answers differ**'} | ${one.what} `
      + `| ${shownFigure(one.ours)} | ${one.rival} | ${one.theirs ? shownFigure(one.theirs) : ''} `
      + `| ${shownRatio(one.ratio)} | ${one.target === null || !one.theirs ? '' : `${one.target}x`} |`),
  ]
  const figures = run.outcomes.flatMap(({ label, measurements }) => measurements.map((one) =>
    `| ${one.what} | ${label} | ${shownFigure(one)} | ${shownNumber(one.min)} .. ${shownNumber(one.max)} `
    + `| ${one.rounds} | ${one.hash ? `\`${one.hash}\`` : ''} |`))
  const skipped = run.outcomes.filter((one) => one.skipped)
    .map(({ order, skipped }) => `- ${order.workload} on ${order.engine}: ${skipped}`)
  return [
    '# Results', '',
    `Run of ${run.date}, commit ${run.commit}, scale \`${run.scale}\`, seed ${run.seed}. `
      + `${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}, `
      + `Node ${machine.node}.`,
    '', 'Written by `npm run bench`; how it is measured: [../README.md](../README.md). A ratio above 1',
    'means that we are that many times better. Trust ratios more than absolute figures.', '',
    `![chart](${chartFile})`, '',
    '## What we lose or miss', '', ...table(comparisons.filter((one) => isShort(one))), '',
    '## What we reach', '', ...table(comparisons.filter((one) => !isShort(one))), '',
    '## Every figure', '', '| what | engine | median | min .. max | rounds | hash of the answers |',
    '|---|---|---|---|---|---|', ...figures, '',
    ...(skipped.length > 0 ? ['## Skipped', '', ...skipped, ''] : []),
  ].join('\n')
}

/** The table of the project's README: everything we promised something about, and everything we lose. */
export function readmeTable(run: Run): string {
  const rows = compare(run.outcomes).filter((one) => one.theirs && (one.target !== null || one.verdict === 'loss'))
  const { processor, cores, node } = run.machine
  return [
    `Medians of ${run.date.slice(0, 10)}, commit ${run.commit}, scale \`${run.scale}\`, ${processor}, ${cores} cores,`,
    `Node ${node}. Ratio: how many times better we are; what we lose comes first.`, '',
    '| | SecantDB | rival | | ratio |', '|---|---|---|---|---|',
    ...rows.map((one) => `| ${one.what} | ${shownFigure(one.ours)} | ${shownFigure(one.theirs!)} | ${one.rival} `
      + `| ${one.ratio < 1 ? `**${shownRatio(one.ratio)}**` : shownRatio(one.ratio)} |`),
  ].join('\n')
}

function isShort(one: Comparison): boolean {
  return one.verdict === 'loss' || one.verdict === 'missed' || !one.sameAnswers
}

function heading({ date, commit, scale, machine }: Run): string {
  const { processor, cores, node } = machine
  return `${date}, commit ${commit}, scale ${scale}; ${processor}, ${cores} cores, Node ${node}`
}

function comparisonLine(one: Comparison): string {
  const wanted = one.target === null || !one.theirs ? '' : ` (wanted ${one.target}x)`
  const answers = one.sameAnswers ? '' : '  ANSWERS DIFFER'
  return `  ${pad(one.verdict, 9)} ${pad(one.what, 54)} ${pad(one.rival, 34)} `
    + `${pad(shownRatio(one.ratio), 8)}${wanted}${answers}`
}

function spread(one: Measurement): string {
  return pad(`${shownFigure(one)} [${shownNumber(one.min)} .. ${shownNumber(one.max)}]`, 44)
}

function shownRatio(ratio: number): string {
  return `${shownNumber(ratio)}x`
}

function shownNumber(value: number): string {
  return Math.abs(value) >= 1000 ? grouped(value) : String(Number(value.toPrecision(3)))
}

function pad(text: string, width: number): string {
  return text.padEnd(width)
}
