// The documents are true: every TypeScript example that imports the library runs to its end, against
// the compiled package and in a folder of its own, and every relative link and heading link leads
// somewhere. `npm test` compiles first; without a compiled package the examples are skipped.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import ts from 'typescript-api'
import { describe, expect, test } from 'vitest'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const library = join(root, 'dist', 'src', 'index.js')
const EXAMPLE_TIMEOUT_MS = 60_000

interface Example {
  readonly document: string
  readonly line: number
  readonly code: string
}

/** Markdown files below a folder of the project, results of benches and modules left out. */
function documentsIn(folder: string): string[] {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '.' ? entry.name : `${folder}/${entry.name}`
    if (entry.isDirectory()) return folder === '.' || entry.name === 'node_modules' ? [] : documentsIn(path)
    return entry.name.endsWith('.md') ? [path] : []
  })
}

const documents = ['.', 'docs', 'src', 'index', 'exec', 'storage', 'bench', 'datasets'].flatMap(documentsIn)

/** The ```ts blocks of a document that import the library. */
function examplesOf(document: string): Example[] {
  const text = readFileSync(join(root, document), 'utf8')
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)]
    .map((match) => ({ document, line: text.slice(0, match.index).split('\n').length, code: match[1]! }))
    .filter((one) => one.code.includes("from 'secantdb'"))
}

/** Runs an example as a program; returns what it wrote to stderr and its exit status. */
function runExample(code: string): { status: number | null; stderr: string } {
  const folder = mkdtempSync(join(tmpdir(), 'secantdb-docs-'))
  try {
    const local = code.replaceAll("from 'secantdb'", `from '${pathToFileURL(library).href}'`)
    const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext }
    writeFileSync(join(folder, 'example.mjs'), ts.transpile(local, options))
    const done = spawnSync(process.execPath, ['example.mjs'],
      { cwd: folder, encoding: 'utf8', timeout: EXAMPLE_TIMEOUT_MS })
    return { status: done.status, stderr: done.stderr }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Anchors of a document's headings, as code hosts derive them. */
function anchorsOf(text: string): Set<string> {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map((match) => match[1]!)
  return new Set(headings.map((heading) =>
    heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '').trim().replaceAll(' ', '-')))
}

/** Links of a document that lead nowhere, as `line: target`. */
function brokenLinks(document: string): string[] {
  const text = readFileSync(join(root, document), 'utf8')
  const prose = text.replace(/^```[\s\S]*?^```/gm, (block) => block.replace(/[^\n]/g, ''))
    .replace(/`[^`\n]*`/g, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].flatMap((match) => {
    const [path, anchor] = match[1]!.split('#') as [string, string | undefined]
    if (/^[a-z]+:/.test(path)) return []
    const target = path === '' ? join(root, document) : join(root, dirname(document), path)
    const isThere = existsSync(target)
      && (anchor === undefined || anchorsOf(readFileSync(target, 'utf8')).has(anchor))
    return isThere ? [] : [`${document}:${prose.slice(0, match.index).split('\n').length}: ${match[1]}`]
  })
}

describe('examples', () => {
  const examples = documents.flatMap(examplesOf)
  if (examples.length === 0) test.skip('there are none', () => undefined)
  for (const { document, line, code } of examples) {
    test.skipIf(!existsSync(library))(`${document}:${line} runs`, () => {
      const { status, stderr } = runExample(code)
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    })
  }
})

/** Rows `| 3 | \`file.ts\` | \`name\` …` of a walk through the code whose file lacks the name. */
function brokenSteps(text: string): string[] {
  return [...text.matchAll(/^\| \d+ \| `([^`]+\.ts)` \| (.+?) \|/gm)].flatMap((match) => {
    const path = join(root, match[1]!)
    if (!existsSync(path)) return [`${match[1]} is not there`]
    const code = readFileSync(path, 'utf8')
    const names = [...match[2]!.matchAll(/`#?(\w+)`/g)].map((name) => name[1]!)
    return names.filter((name) => !new RegExp(`\\b${name}\\b`).test(code))
      .map((name) => `${match[1]} has no ${name}`)
  })
}

describe('walks', () => {
  test('name files and functions that exist', () => {
    const walks = documents.map((document) => readFileSync(join(root, document), 'utf8'))
    expect(walks.flatMap(brokenSteps)).toEqual([])
  })

  test('a step that names what is not there is found', () => {
    const steps = '| 1 | `src/base/types.ts` | `typeName`, `typoName` | x |\n| 2 | `src/no.ts` | `f` | x |'
    expect(brokenSteps(steps)).toEqual(['src/base/types.ts has no typoName', 'src/no.ts is not there'])
  })
})

describe('links', () => {
  test('lead somewhere', () => {
    expect(documents.flatMap(brokenLinks)).toEqual([])
  })

  test('headings become anchors', () => {
    const found = [...anchorsOf('# Two commands\ntext\n## `get` and "put": why?\n')]
    expect(found).toEqual(['two-commands', 'get-and-put-why'])
  })
})
