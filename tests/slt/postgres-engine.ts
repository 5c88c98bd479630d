// PostgreSQL through its own psql, to write the expected results of our files (--complete --engine=postgres). The
// server is the one that psql finds by PGHOST, PGPORT and PGUSER; the file runs in a schema of its own.
//
// Rows come back unaligned with separators that no test text holds; psql's variables tell the SQLSTATE.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import type { SltEngine, SltFailure, SltResult } from './engine.ts'

const FIELD = '\u001f'
const ROW = '\u001e'
const MARK = '\u0002'
const NULL_TEXT = '\u0003'

/** Starts psql. Throws when there is none, or no server. */
export async function openPostgres(): Promise<SltEngine> {
  const child = spawn('psql', ['-X', '-q', '-A', '-t', '-F', FIELD, '-R', ROW, '-P', `null=${NULL_TEXT}`], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const ask = asker(child)
  const first = await ask(`\\set VERBOSITY terse\nSET client_min_messages = 'error';
    DROP SCHEMA IF EXISTS public CASCADE; CREATE SCHEMA public;`)
  if (first.error) throw new Error(`psql: ${first.message}`)
  return {
    names: ['postgresql', 'secantdb'],
    async run(sql) {
      const described = await ask(`${sql.replace(/;\s*$/, '')} \\gdesc`)
      const answer = await ask(sql.endsWith(';') ? sql : `${sql};`)
      return answer.error ? { code: answer.code, message: answer.message } : resultOf(answer.output, described.output)
    },
    close() {
      child.stdin.end('\\q\n')
    },
  }
}

interface Answer {
  readonly output: string
  readonly error: boolean
  readonly code: string
  readonly message: string
}

// Sends text and waits for the mark that psql prints behind its output.
function asker(child: ChildProcess): (text: string) => Promise<Answer> {
  let output = ''
  let message = ''
  let wake = (): void => undefined
  let failed: Error | null = null
  child.stdout!.setEncoding('utf8').on('data', (text: string) => { output += text; wake() })
  child.stderr!.setEncoding('utf8').on('data', (text: string) => { message += text })
  child.on('error', (error) => { failed = error; wake() })
  child.on('exit', (status) => { failed = new Error(`psql ended with status ${String(status)}: ${message}`); wake() })
  return async (text) => {
    output = message = ''
    child.stdin!.write(`${text}\n\\echo ${MARK} :ERROR :SQLSTATE ${MARK}\n`)
    for (;;) {
      if (failed !== null) throw failed
      const end = new RegExp(`${MARK} (true|false) (\\w+) ${MARK}\\n$`).exec(output)
      if (end !== null) {
        return { output: output.slice(0, end.index), error: end[1] === 'true', code: end[2]!, message }
      }
      await new Promise<void>((resolve) => { wake = resolve })
    }
  }
}

function resultOf(output: string, described: string): SltResult | SltFailure {
  const rows = output === '' ? [] : output.replace(/\n$/, '').split(ROW)
    .map(row => row.split(FIELD).map(value => value === NULL_TEXT ? null : value))
  const types = described === '' ? '' : described.replace(/\n$/, '').split(ROW)
    .map(row => letterOf(row.split(FIELD)[1] ?? '')).join('')
  return { rows, types }
}

function letterOf(type: string): string {
  if (/^(smallint|integer|bigint)$/.test(type)) return 'I'
  return /^(real|double precision)$/.test(type) ? 'R' : 'T'
}
