// Runs a script statement by statement and prints what each one returns. The first error ends the script: what
// follows may depend on what failed. Statements without rows print nothing, except on a terminal.

import { counted } from './progress.ts'
import { printRows, type OutputFormat } from './output.ts'
import type { Session } from './session.ts'
import { splitSql } from './split-sql.ts'

/** What to say besides rows. */
export interface RunOptions {
  /** Print elapsed time after each statement. */
  readonly timer?: boolean
  /** Say how many rows a statement changed. */
  readonly tellChanges?: boolean
  /** False when standard input is where the statements come from: COPY … FROM STDIN cannot have it. */
  readonly hasInput?: boolean
}

/** Runs every statement of a script. Throws the first error. */
export async function runScript(
  session: Session, script: string, format: OutputFormat, options: RunOptions = {},
): Promise<void> {
  for (const sql of splitSql(script)) {
    const start = performance.now()
    const result = /^\s*(attach|copy)\b/i.test(sql)
      ? await session.execute(sql, options.hasInput !== false)
      : session.run(sql)
    if (result.rows !== null) await printRows(result.rows, format, process.stdout)
    else if (options.tellChanges === true && result.changes > 0) {
      process.stdout.write(`(${counted(result.changes, 'row')} changed)\n`)
    }
    if (options.timer === true) process.stdout.write(`Time: ${(performance.now() - start).toFixed(3)} ms\n`)
  }
}
