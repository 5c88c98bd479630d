// Scripts of -c, -f and standard input: statements, and between them lines with the shell's dot commands, as sqlite3
// has them. `.format` and `.timer` count for what follows, `.quit` ends everything.

import { runCommand, type ShellState } from './shell-commands.ts'
import { runScript } from './run-sql.ts'
import { isComplete } from './split-sql.ts'

/** Runs a script. Throws the first error. */
export async function runText(state: ShellState, text: string): Promise<void> {
  if (!/^\s*\./m.test(text)) return runStatements(state, text)
  let pending: string[] = []
  for (const line of text.split('\n')) {
    if (state.isDone) return
    // A line within a statement, or within a string, is part of it.
    const isCommand = line.trimStart().startsWith('.') && isBetween(pending)
    if (!isCommand) {
      pending.push(line)
      continue
    }
    await runStatements(state, pending.join('\n'))
    pending = []
    await runCommand(state, line.trim())
  }
  if (!state.isDone) await runStatements(state, pending.join('\n'))
}

function isBetween(lines: readonly string[]): boolean {
  const text = lines.join('\n')
  return text.trim() === '' || isComplete(text)
}

async function runStatements(state: ShellState, text: string): Promise<void> {
  if (text.trim() === '') return
  await runScript(state.session, text, state.format, { timer: state.isTimed, hasInput: state.hasInput !== false })
}
