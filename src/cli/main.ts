#!/usr/bin/env node
// The `secantdb` program: SQL from -c, -f, standard input or a shell, and one subcommand per tool. Every failure
// ends here: SQL and data errors exit with 1, wrong usage with 2, and only results go to standard output.

import { readFileSync } from 'node:fs'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { fileError } from '../../storage/file/file.ts'
import type { Database } from '../index.ts'
import { backupFile, restoreFile, type BackupOptions, type RestoreOptions } from './backup.ts'
import { SINK_FORMATS, exportTable, type ExportOptions } from './export.ts'
import { importFile, type ImportOptions } from './import.ts'
import { inspect } from './inspect.ts'
import { OUTPUT_FORMATS, type OutputFormat } from './output.ts'
import { EXIT, printError, UsageError } from './report-error.ts'
import { runText } from './script.ts'
import { openSession } from './session.ts'
import { runShell } from './shell.ts'
import { isSqliteFile } from './sqlite/sqlite-file.ts'
import { verifyFile, type VerifyOptions } from './verify.ts'

/** One -c or -f, in the order given. */
interface ScriptPart { readonly kind: 'sql' | 'file'; readonly text: string }

interface MainOptions {
  readonly format: OutputFormat
  readonly readonly?: boolean
  readonly memory?: string
}

type ImportArguments = Omit<ImportOptions, 'table'> & { readonly table?: readonly string[] }

const SOURCE_FORMATS = ['csv', 'jsonl', 'json', 'arrow', 'parquet']

/** The command line as a commander program; `parts` collects -c and -f. */
function buildProgram(parts: ScriptPart[]): Command {
  const program = new Command('secantdb')
    .description('Embedded analytical database: SQL over one durable file, point lookups through a learned index.')
    .version(packageVersion(), '-v, --version')
    .argument('[database]', 'database file; in memory when left out')
    .option('-c, --command <sql>', 'run SQL and exit (repeatable)', (text) => { parts.push({ kind: 'sql', text }) })
    .option('-f, --file <file>', 'run SQL from a file, - for standard input (repeatable)',
      (text) => { parts.push({ kind: 'file', text }) })
    .addOption(new Option('--format <format>', 'how results are printed').choices([...OUTPUT_FORMATS]).default('table'))
    .option('--readonly', 'open the file without write access')
    .option('--memory <size>', 'memory limit, such as 512MB')
    .enablePositionalOptions()
    .showHelpAfterError('(secantdb --help shows the options)')
    .exitOverride()
    .action((path: string | undefined, options: MainOptions) => runMain(path ?? ':memory:', options, parts))
  addTools(program)
  return program
}

function addTools(program: Command): void {
  const sourceFormat = new Option('--format <format>', 'format of the file (default: found from the file)')
    .choices(SOURCE_FORMATS)
  program.command('import').description('import a CSV, JSON lines, JSON, Arrow IPC or Parquet file, or a whole SQLite '
    + 'database')
    .argument('<database>', 'may be left out for a SQLite file: then FILE.sdb beside it').argument('[file]')
    .option('--table <name>', 'table to fill, created when it does not exist; SQLite: only this table (repeatable)',
      (name: string, names: readonly string[] = []) => [...names, name])
    .option('--key <columns>', 'primary key of a new table, comma-separated')
    .option('--delimiter <character>', 'CSV: field separator', oneCharacter)
    .option('--header', 'CSV: the first record holds names').option('--no-header', 'CSV: it does not')
    .option('--sample-all', 'CSV and JSON: read the whole file before choosing types')
    .addOption(new Option('--on-conflict <what>', 'rows whose key exists').choices(['replace', 'skip']))
    .addOption(sourceFormat)
    .action(async (database: string, file: string | undefined, options: ImportArguments, command: Command) => {
      const { table: tables = [] } = options
      if (isSqliteFile(file ?? database)) {
        const { importSqlite } = await import('./sqlite/sqlite-import.ts')
        return importSqlite(file === undefined ? besideSqlite(database) : database, file ?? database, { tables })
      }
      if (file === undefined) throw new UsageError(`"${database}" is no SQLite database: name a database and a file`)
      if (tables.length !== 1) throw new UsageError('import needs one --table')
      // --header and --no-header share one option, whose default must stay "look at the file".
      const header = command.getOptionValueSource('header') === 'cli' ? options.header : undefined
      return importFile(database, file, { ...options, header, table: tables[0]! })
    })
  program.command('export').description('export a table or a query to a file, - for standard output')
    .argument('<database>').argument('<file>')
    .option('--table <name>', 'table to export').option('--query <sql>', 'query to export')
    .addOption(new Option('--format <format>', 'format (default: by the name)').choices([...SINK_FORMATS]))
    .action((database: string, file: string, options: ExportOptions) => exportTable(database, file, options))
  addBackupTools(program)
  program.command('verify').description('check every page, the log and the invariants of a database, or a backup')
    .argument('<file>').option('--full', 'every row, index and zone map too')
    .option('--hash', 'print the SHA-256 of all tables and rows of a database')
    .action((file: string, options: VerifyOptions) => verifyFile(file, options))
  const views = 'meta | page N | wal | index T | groups T | freespace'
  program.command('inspect').description(`decode parts of a file, damaged or not: ${views}`)
    .argument('<database>').argument('<what>').argument('[which]')
    .action((database: string, what: string, which: string | undefined) => inspect(database, what, which))
  for (const command of program.commands) command.exitOverride()
}

function addBackupTools(program: Command): void {
  program.command('backup').description('back a database up to a file')
    .argument('<database>').argument('<file>')
    .option('--incremental', 'add only the pages that are newer than the last backup in the file')
    .action((database: string, file: string, options: BackupOptions) => backupFile(database, file, options))
  program.command('restore').description('make a new database of a backup, after checking all of it')
    .argument('<file>').argument('<database>')
    .option('--link <number>', 'restore this backup of the file instead of its last', wholeNumber)
    .option('--until <timestamp>', 'as of this time (UTC unless it names a zone); needs --archive')
    .option('--archive <folder>', 'folder of the archived log')
    .option('--force', 'replace the database that is there')
    .action((file: string, database: string, options: RestoreOptions) => restoreFile(file, database, options))
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('a number from 1 expected')
}

/** Where a SQLite file goes by default: old.sqlite to old.sdb. */
function besideSqlite(path: string): string {
  return path.replace(/\.(sqlite3?|db3?)$/i, '') + '.sdb'
}

function oneCharacter(text: string): string {
  const character = text === '\\t' ? '\t' : text
  if (character.length === 1 && character.charCodeAt(0) < 128) return character
  throw new InvalidArgumentError('one ASCII character expected')
}

function packageVersion(): string {
  const folder = import.meta.url.includes('/dist/') ? '../../../package.json' : '../../package.json'
  const { version } = JSON.parse(readFileSync(new URL(folder, import.meta.url), 'utf8')) as { version: string }
  return version
}

// Somebody's process ended without closing the database: worth a line, on the side of messages.
function noteRecovery(report: ReturnType<Database['stats']>['recovery']): void {
  if (report === null || (report.transactions === 0 && report.tornBytes === 0 && report.damagedCopies === 0)) return
  const { transactions, bytes, durationMs, tornBytes, damagedCopies } = report
  const torn = tornBytes > 0 ? `; ${tornBytes} bytes of an unfinished commit dropped` : ''
  const damaged = damagedCopies > 0 ? `; ${damagedCopies} damaged copies of the root passed over` : ''
  process.stderr.write(
    `recovered ${transactions} transactions (${bytes} bytes of log) in ${durationMs} ms${torn}${damaged}\n`)
}

async function runMain(path: string, options: MainOptions, parts: readonly ScriptPart[]): Promise<void> {
  const session = await openSession(path, { readOnly: options.readonly, memory: options.memory })
  try {
    // A reader replays the log of a live writer, too: nothing to report.
    if (options.readonly !== true) noteRecovery(session.database.stats().recovery)
    if (parts.length === 0 && process.stdin.isTTY) await runShell(session, options.format)
    else {
      const hasInput = parts.length > 0 && parts.every(({ kind, text }) => kind === 'sql' || text !== '-')
      const state = { session, format: options.format, isTimed: false, isDone: false, hasInput }
      if (parts.length === 0) await runText(state, await readStdin())
      for (const part of parts) if (!state.isDone) await runText(state, await scriptText(part))
    }
  } finally {
    await session.close()
  }
}

async function scriptText(part: ScriptPart): Promise<string> {
  if (part.kind === 'sql') return part.text
  if (part.text === '-') return readStdin()
  try {
    return readFileSync(part.text, 'utf8')
  } catch (cause) {
    throw fileError('open for reading', part.text, cause)
  }
}

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

/** Runs a command line; returns the exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    await buildProgram([]).parseAsync([...argv], { from: 'user' })
    return EXIT.ok
  } catch (error) {
    // commander has printed its own message already; help and version are no errors.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    if ((error as { code?: unknown }).code === 'EPIPE') return EXIT.ok
    printError(error)
    return error instanceof UsageError ? EXIT.usage : EXIT.error
  }
}

// A closed pipe (`secantdb … | head`) is the reader's choice, not an error; main() ends with 0 then.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})
process.exitCode = await main(process.argv.slice(2))
