// The benches cannot rot: every workload runs here at a tiny size, on every engine that is installed,
// and engines that answer the same question must give the same answers. Nothing is timed.
import { describe, expect, test } from 'vitest'
import { runCase } from './case.ts'
import type { CaseOutcome } from './case.ts'
import { WORKLOADS } from './catalog.ts'
import { chartOf } from './chart.ts'
import type { EngineName } from './engines/engine.ts'
import { describeMachine } from './machine.ts'
import { AnswerHash, summarize } from './measure.ts'
import { consoleReport, pageOf } from './report.ts'
import { compare } from './targets.ts'

describe.each(WORKLOADS)('$name', (workload) => {
  test('runs at a tiny size, with equal answers', async (context) => {
    const answers = new Map<string, string>()
    let measured = 0
    for (const engine of workload.engines) {
      for (const rows of workload.rows.tiny) {
        const outcome = await runCase({ workload: workload.name, engine, rows, rounds: 1 })
        if (outcome.skipped) console.log(`skipped ${workload.name} on ${engine}: ${outcome.skipped}`)
        for (const { what, median, hash } of outcome.measurements) {
          measured++
          expect(median, `${engine}: ${what}`).toBeGreaterThanOrEqual(0)
          if (!hash) continue
          expect(answers.get(what) ?? hash, `${engine}: ${what}`).toBe(hash)
          answers.set(what, hash)
        }
      }
    }
    if (measured === 0) context.skip('no engine of this workload is installed')
  })
})

/** An outcome with one measurement. */
function outcome(engine: EngineName, what: string, ms: number, answer: string): CaseOutcome {
  const hash = new AnswerHash()
  hash.text(answer)
  const order = { workload: 'made up', engine, rows: 1, rounds: 1 }
  return { order, label: engine, measurements: [summarize(what, 'ms', [ms], hash.digest())], skipped: '' }
}

describe('the report', () => {
  const outcomes = [
    outcome('secantdb', 'group by (Q1)', 10, 'a'), outcome('duckdb', 'group by (Q1)', 40, 'a'),
    outcome('secantdb', 'sum (Q6)', 10, 'a'), outcome('duckdb', 'sum (Q6)', 5, 'b'),
  ]

  test('puts losses first and says when answers differ', () => {
    const found = compare(outcomes).map((one) => [one.verdict, one.ratio, one.sameAnswers])
    expect(found).toEqual([['loss', 0.5, false], ['met', 4, true]])
  })

  test('takes the median and keeps the spread', () => {
    const one = summarize('x', 'ns', [5, 1, 9, 3])
    expect([one.median, one.min, one.max, one.rounds]).toEqual([4, 1, 9, 4])
  })

  test('shows every measurement on the console, the page and the chart', () => {
    const run = { date: 'd', commit: 'c', scale: 'tiny', seed: 1, machine: describeMachine(), outcomes }
    const lines = consoleReport(run).join('\n')
    const page = pageOf(run, 'chart.svg')
    const chart = chartOf(outcomes)
    for (const what of ['group by (Q1)', 'sum (Q6)']) {
      for (const text of [lines, page, chart]) expect(text).toContain(what)
    }
    expect(page.indexOf('answers differ')).toBeLessThan(page.indexOf('## What we reach'))
    expect(chart.match(/<rect /g)).toHaveLength(5)
  })
})
