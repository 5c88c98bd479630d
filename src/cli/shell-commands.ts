// The shell's dot commands. Each is an entry of one table together with its help text,
// so that `.help` cannot forget one.

import { indexLines } from './index-figures.ts'
import { OUTPUT_FORMATS, type OutputFormat } from './output.ts'
import { UsageError } from './report-error.ts'
import { runScript } from './run-sql.ts'
import type { Session } from './session.ts'
import { schemaText } from './schema-text.ts'

/** What the commands may change. */
export interface ShellState {
  readonly session: Session
  format: OutputFormat
  isTimed: boolean
  /** False when standard input holds the statements. */
  readonly hasInput?: boolean
  isDone: boolean
}

interface ShellCommand {
  readonly usage: string
  readonly help: string
  run(state: ShellState, argument: string): Promise<void> | void
}

const COMMANDS: Record<string, ShellCommand> = {
  '.tables': {
    usage: '.tables', help: 'list the tables',
    run: ({ session, format }) => runScript(session, 'SHOW TABLES', format),
  },
  '.schema': {
    usage: '.schema [NAME]', help: 'show the SQL that defines one table, view or sequence, or everything',
    run: ({ session }, name) => print(schemaText(session, name === '' ? null : name)),
  },
  '.index': {
    usage: '.index TABLE [INDEX]', help: 'show the learned index of a table and a picture of its fit',
    run: ({ session }, argument) => {
      if (argument === '') throw new UsageError('.index needs a table name')
      const [table, index] = argument.split(/\s+/)
      print(indexLines(session, table!, index))
    },
  },
  '.explain': {
    usage: '.explain SELECT …', help: 'run a query and show its plan with times, pages and index probes',
    run: ({ session, format }, sql) => {
      if (sql === '') throw new UsageError('.explain needs a statement')
      return runScript(session, `EXPLAIN ANALYZE ${sql}`, format)
    },
  },
  '.timer': {
    usage: '.timer on|off', help: 'show how long statements take',
    run: (state, value) => {
      if (value !== '' && value !== 'on' && value !== 'off') throw new UsageError('.timer is on or off')
      state.isTimed = value === '' ? !state.isTimed : value === 'on'
      print([`timer ${state.isTimed ? 'on' : 'off'}`])
    },
  },
  '.format': {
    usage: `.format ${OUTPUT_FORMATS.join('|')}`, help: 'choose how results are printed',
    run: (state, value) => {
      const format = OUTPUT_FORMATS.find((one) => one === value)
      if (format === undefined) throw new UsageError(`.format is one of ${OUTPUT_FORMATS.join(', ')}`)
      state.format = format
    },
  },
  '.help': {
    usage: '.help', help: 'show this list',
    run: () => print(Object.values(COMMANDS).map(({ usage, help }) => `${usage.padEnd(52)} ${help}`)),
  },
  '.quit': { usage: '.quit', help: 'leave the shell', run: (state) => { state.isDone = true } },
}

/** Runs one dot command. Throws UsageError for an unknown one. */
export async function runCommand(state: ShellState, line: string): Promise<void> {
  const [, name, argument] = /^(\.\S*)\s*([\s\S]*?);?$/.exec(line)!
  const command = COMMANDS[name === '.exit' ? '.quit' : name!]
  if (command === undefined) throw new UsageError(`no command "${name}"; .help lists them`)
  await command.run(state, argument!)
}

function print(lines: readonly string[]): void {
  if (lines.length > 0) process.stdout.write(lines.join('\n') + '\n')
}
