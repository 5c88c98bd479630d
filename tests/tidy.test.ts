// The house rules as a test over every TypeScript file, so that nobody has to remember them and no
// reviewer has to repeat them. Each rule is first tested on a made-up file: a rule that cannot find
// its own offence proves nothing about ours.
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { EXCEPTIONS } from './tidy/allow-list.ts'
import { deadExports, documentedExports } from './tidy/exports.ts'
import { importCycles, importDirection } from './tidy/imports.ts'
import {
  COLUMNS_MAX, FILE_LINES_MAX, FUNCTION_LINES_MAX, fileSize, functionSize, lineShape,
} from './tidy/sizes.ts'
import type { Finding, Rule } from './tidy/source.ts'
import { readSources, sourceOf } from './tidy/source.ts'
import { bannedCalls, bannedSyntax, proseHeader, unfinishedWork } from './tidy/words.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const sources = readSources(root)

const RULES: readonly [name: string, rule: Rule][] = [
  ['imports go src -> exec -> storage -> index -> src/base', importDirection],
  ['files do not import each other in a circle', importCycles],
  [`a file has at most ${FILE_LINES_MAX} lines`, fileSize],
  [`a function has at most ${FUNCTION_LINES_MAX} lines`, functionSize],
  [`a line has at most ${COLUMNS_MAX} columns`, lineShape],
  ['every file opens with prose', proseHeader],
  ['no unfinished work and no machine paths', unfinishedWork],
  ['no banned calls', bannedCalls],
  ['no syntax outside the dialect', bannedSyntax],
  ['exports are documented', documentedExports],
  ['exports are used', deadExports],
]

/** The rules' own files and this test spell out what they forbid. */
const SPELLS_IT_OUT = /^tests\/tidy(\.test\.ts|\/)/

function show(finding: Finding): string {
  return `${finding.path}:${finding.line} ${finding.rule}: ${finding.message}`
}

function excuses(finding: Finding): (typeof EXCEPTIONS)[number] | undefined {
  return EXCEPTIONS.find((one) =>
    one.rule === finding.rule && one.path === finding.path && finding.message.includes(one.about))
}

const known = new Map<Rule, Finding[]>()

/** Findings of one rule in the tree, excused ones included; each rule runs once. */
function findingsOf(rule: Rule): Finding[] {
  const findings = known.get(rule)
    ?? rule(rule === unfinishedWork ? sources.filter((one) => !SPELLS_IT_OUT.test(one.path)) : sources)
  known.set(rule, findings)
  return findings
}

const ratchetPath = join(root, 'tests', 'tidy', 'ratchet.json')
/** Rules that arrived after the code: `rule path` to the number of findings let through. */
const RATCHETED = new Set(['line', 'dead-export', 'undocumented'])

/** Findings that neither the allow-list nor the ratchet covers; what the ratchet covers too generously. */
function judgeAgainstRatchet(
  rule: Rule, ratchet: Record<string, number>,
): { broken: string[]; counts: Record<string, number> } {
  const counts: Record<string, number> = {}
  const open = findingsOf(rule).filter((one) => !excuses(one))
  for (const { rule: name, path } of open) {
    if (RATCHETED.has(name)) counts[`${name} ${path}`] = (counts[`${name} ${path}`] ?? 0) + 1
  }
  const isCovered = ({ rule: name, path }: Finding): boolean =>
    RATCHETED.has(name) && counts[`${name} ${path}`]! <= (ratchet[`${name} ${path}`] ?? 0)
  return { broken: open.filter((one) => !isCovered(one)).map(show), counts }
}

describe('the tree', () => {
  const ratchet = JSON.parse(readFileSync(ratchetPath, 'utf8')) as Record<string, number>

  test.each(RULES)('%s', (_name, rule) => {
    const { broken } = judgeAgainstRatchet(rule, ratchet)
    if (broken.length > 0) expect.fail(`${broken.length} findings\n${broken.join('\n')}`)
  })

  test('every exception is still needed', () => {
    const needed = new Set(RULES.flatMap(([, rule]) => findingsOf(rule)).map(excuses))
    const stale = EXCEPTIONS.filter((one) => !needed.has(one)).map((one) => `${one.path} ${one.about}`)
    expect(stale).toEqual([])
  })

  test('the ratchet holds no more than there is', () => {
    const parts = RULES.map(([, rule]) => judgeAgainstRatchet(rule, ratchet).counts)
    const counts = Object.assign({}, ...parts) as Record<string, number>
    const sorted = Object.fromEntries(Object.entries(counts).sort(([a], [b]) => a < b ? -1 : 1))
    if (process.env['TIDY_RATCHET'] === 'write') {
      writeFileSync(ratchetPath, `${JSON.stringify(sorted, null, 1)}\n`)
    } else expect(Object.keys(ratchet).filter((key) => ratchet[key]! > (sorted[key] ?? 0))).toEqual([])
  })
})

/** Findings of one rule on made-up files, without paths. */
function judge(rule: Rule, files: Record<string, string>): string[] {
  return rule(Object.entries(files).map(([path, text]) => sourceOf(path, text)))
    .map((one) => `${one.path}:${one.line} ${one.rule}`)
}

describe('each rule finds its offence', () => {
  test('import direction', () => {
    const found = judge(importDirection, {
      'storage/a.ts': "import { b } from '../exec/b.ts'\nimport { c } from '../index/c.ts'",
      'exec/b.ts': "import type { T } from '../tests/t.ts'",
      'index/c.ts': "import fs from 'node:fs'\nimport { x } from '../src/base/x.ts'",
      'src/base/x.ts': "import { y } from '../api/y.ts'",
      'tests/t.ts': "import { b } from '../exec/b.ts'",
    })
    expect(found).toEqual(['storage/a.ts:1 import-direction', 'exec/b.ts:1 import-direction',
      'index/c.ts:1 import-direction', 'src/base/x.ts:1 import-direction'])
  })

  test('import cycles, but not of types', () => {
    const circle = { 'exec/a.ts': "import { b } from './b.ts'", 'exec/b.ts': "export { a } from './a.ts'" }
    expect(judge(importCycles, circle)).toEqual(['exec/a.ts:1 import-cycle'])
    expect(judge(importCycles, { ...circle, 'exec/b.ts': "import type { A } from './a.ts'" })).toEqual([])
  })

  test('sizes', () => {
    const files = { 'a.ts': 'x\n'.repeat(451), 'b.ts': 'x\n'.repeat(450) }
    expect(judge(fileSize, files)).toEqual(['a.ts:451 file-size'])
    const long = (lines: number) => `// a\nfunction f() {${'\n'.repeat(lines - 1)}}`
    expect(judge(functionSize, { 'a.ts': long(71), 'b.ts': long(70) })).toEqual(['a.ts:2 function-size'])
    expect(judge(functionSize, { 'a.ts': `describe('x', () => {${'\n'.repeat(90)}})` })).toEqual([])
    const lines = `${'a'.repeat(121)}\n${'a'.repeat(120)}\nb \n\tc`
    expect(judge(lineShape, { 'a.ts': lines })).toEqual(['a.ts:1 line', 'a.ts:3 line', 'a.ts:4 line'])
  })

  test('prose header', () => {
    const found = judge(proseHeader, {
      'a.ts': '// One line only.\nconst a = 1', 'b.ts': '// Two lines\n// of prose.\n', 'c.ts': 'const c = 1',
      'd.ts': '/* Two lines\n   of prose */\n', 'e.test.ts': 'test()',
    })
    expect(found).toEqual(['a.ts:1 prose-header', 'c.ts:1 prose-header'])
  })

  test('unfinished work and machine paths', () => {
    const text = ['a // TODO b', '// fine', 'throw new Error("Not implemented")', 'open("/tmp/x")',
      '// this is for now'].join('\n')
    expect(judge(unfinishedWork, { 'a.ts': text })).toEqual(['a.ts:1 unfinished', 'a.ts:3 unfinished',
      'a.ts:4 machine-path', 'a.ts:5 unfinished'])
  })

  test('banned calls', () => {
    const found = judge(bannedCalls, {
      'storage/a.ts': "import { readSync } from 'node:fs'\nMath.random()\nconst now = Date.now()",
      'storage/file/a.ts': "import { readSync } from 'node:fs'",
      'src/api/a.ts': 'Date.now()\nconsole.log(1)', 'src/cli/a.ts': 'console.log(1)',
    })
    expect(found).toEqual(['storage/a.ts:1 banned-call', 'storage/a.ts:2 banned-call',
      'storage/a.ts:3 banned-call', 'src/api/a.ts:2 banned-call'])
  })

  test('dialect', () => {
    const text = ['enum A { B }', 'namespace C {}', 'let d: any', 'export default d', 'class E {',
      '  constructor(private f: number) {}', '}', 'export default function g() {}',
      `// ${'@ts'}-ignore`].join('\n')
    const lines = judge(bannedSyntax, { 'a.ts': text }).map((one) => one.split(/[: ]/)[1])
    expect(lines).toEqual(['1', '2', '3', '4', '6', '8', '9'])
  })

  test('undocumented exports', () => {
    const text = 'export const a = 1\nexport function f() {}\n/** Said. */\nexport function g() {}\n'
    expect(judge(documentedExports, { 'exec/a.ts': text })).toEqual(['exec/a.ts:2 undocumented'])
    const shown = `${text}/** Said. */\nexport class H {\n  m() {}\n  private n() {}\n}`
    expect(judge(documentedExports, { 'src/api/database.ts': shown })).toEqual(['src/api/database.ts:1 undocumented',
      'src/api/database.ts:2 undocumented', 'src/api/database.ts:7 undocumented'])
  })

  test('dead exports', () => {
    const found = judge(deadExports, {
      'exec/a.ts': 'export const a = 1\nexport function b() {}\nexport interface C {}\n',
      'exec/d.ts': "import { a } from './a.ts'\nexport const d = a\n",
      'exec/e.ts': "import * as all from './d.ts'",
    })
    expect(found).toEqual(['exec/a.ts:2 dead-export'])
  })
})
