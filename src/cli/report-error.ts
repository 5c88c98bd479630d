// Errors on standard error: `ERROR: message` with its caret lines, then SQLSTATE, detail and hint. Nothing goes
// to standard output, so a consumer of results never reads an error as data. Exit status: 1 for SQL and data
// errors, 2 for wrong usage of the command line.

import pc from 'picocolors'
import { DatabaseError } from '../base/errors.ts'

/** Exit statuses of the program. */
export const EXIT = { ok: 0, error: 1, usage: 2 } as const

/** Wrong use of the command line: exit status 2. */
export class UsageError extends Error {}

/** The error as lines of text. Programming errors show their stack: they are ours, not the user's. */
export function describeError(error: unknown, color: boolean): string {
  const colors = pc.createColors(color)
  if (error instanceof UsageError) return `${colors.red('ERROR:')} ${error.message}`
  if (!(error instanceof DatabaseError)) {
    const text = error instanceof Error ? error.stack ?? error.message : String(error)
    return `${colors.red('ERROR:')} ${text}`
  }
  const lines = [`${colors.red('ERROR:')} ${error.message}`, `SQLSTATE: ${error.code}`]
  if (error.detail !== undefined) lines.push(`DETAIL: ${error.detail}`)
  if (error.hint !== undefined) lines.push(`HINT: ${error.hint}`)
  return lines.join('\n')
}

/** Prints an error to standard error. */
export function printError(error: unknown): void {
  process.stderr.write(describeError(error, pc.isColorSupported && process.stderr.isTTY === true) + '\n')
}
