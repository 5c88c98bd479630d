// The interactive shell: statements over several lines until a semicolon, history kept between sessions, and a
// few commands that start with a dot. An error is printed and the shell goes on.

import { appendFileSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import pc from 'picocolors'
import { runCommand, type ShellState } from './shell-commands.ts'
import { printError } from './report-error.ts'
import { runScript } from './run-sql.ts'
import type { OutputFormat } from './output.ts'
import type { Session } from './session.ts'
import { isComplete } from './split-sql.ts'

const HISTORY_FILE = join(homedir(), '.secantdb_history')
const HISTORY_LINES = 1000
const PROMPT = 'secantdb> '
const PROMPT_MORE = '     ...> '

/** Reads and runs until `.quit` or the end of input. */
export async function runShell(session: Session, format: OutputFormat): Promise<void> {
  const help = pc.dim('.help shows the commands, .quit leaves.')
  process.stdout.write(`SecantDB shell on ${pc.bold(session.path)}. ${help}\n`)
  const lines = createInterface({
    input: process.stdin, output: process.stdout, prompt: PROMPT, historySize: HISTORY_LINES, history: readHistory(),
    completer: (line: string) => complete(session, line),
  })
  const state: ShellState = { session, format, isTimed: false, isDone: false }
  let pending = ''
  lines.on('SIGINT', () => {
    // Ctrl-C drops the statement being typed, as in psql.
    pending = ''
    process.stdout.write('\n')
    ask(lines, pending)
  })
  ask(lines, pending)
  for await (const line of lines) {
    rememberLine(line)
    if (pending === '' && line.trimStart().startsWith('.')) await guarded(() => runCommand(state, line.trim()))
    else {
      pending += (pending === '' ? '' : '\n') + line
      if (isComplete(pending)) {
        const script = pending
        pending = ''
        const options = { timer: state.isTimed, tellChanges: true, hasInput: false }
        await guarded(() => runScript(session, script, state.format, options))
      }
    }
    if (state.isDone) break
    ask(lines, pending)
  }
  lines.close()
}

function ask(lines: Interface, pending: string): void {
  lines.setPrompt(pending === '' ? PROMPT : PROMPT_MORE)
  lines.prompt()
}

async function guarded(run: () => Promise<void> | void): Promise<void> {
  try {
    await run()
  } catch (error) {
    printError(error)
  }
}

/** Newest first, as readline wants it. A shell without a home folder works without history. */
function readHistory(): string[] {
  try {
    return readFileSync(HISTORY_FILE, 'utf8').split('\n').filter((line) => line !== '').slice(-HISTORY_LINES).reverse()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error
    return []
  }
}

function rememberLine(line: string): void {
  if (line.trim() === '') return
  try {
    appendFileSync(HISTORY_FILE, line + '\n', { mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error
  }
}

/** Completes table names and commands. */
function complete(session: Session, line: string): [string[], string] {
  const word = /[\w.]*$/.exec(line)![0]
  const words = line.trimStart().startsWith('.') && word === line.trim()
    ? ['.tables', '.schema', '.timer', '.explain', '.index', '.help', '.quit'] : session.tableNames()
  return [words.filter((one) => one.startsWith(word)), word]
}
