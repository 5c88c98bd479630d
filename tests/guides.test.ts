// The commands of the guides on backups and on SQLite are run one after another, as a reader would, each guide in a
// folder of its own.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Database } from 'node-sqlite3-wasm'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const program = join(root, 'dist', 'src', 'cli', 'main.js')

function makeSqlite(folder: string): void {
  const db = new Database(join(folder, 'old.sqlite'))
  db.exec(`CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO item VALUES (1, 'pen');
    CREATE TABLE customer (id INTEGER PRIMARY KEY, since DATE); INSERT INTO customer VALUES (1, '2024-05-06')`)
  db.close()
}

describe.skipIf(!existsSync(program))('guides', () => {
  test.each([
    ['docs/BACKUP.md', 8, () => {}], ['docs/SQLITE.md', 3, makeSqlite],
  ] as const)('the commands of %s work in order', (document, least, prepare) => {
    const text = readFileSync(join(root, document), 'utf8')
    const commands = [...text.matchAll(/^npx secantdb (.*)$/gm)].map(([, command]) => command!)
    expect(commands.length).toBeGreaterThanOrEqual(least)
    const folder = mkdtempSync(join(tmpdir(), 'secantdb-guide-'))
    try {
      prepare(folder)
      for (const command of commands) {
        const done = spawnSync('sh', ['-c', `"$NODE" "$PROGRAM" ${command}`], {
          cwd: folder, encoding: 'utf8', env: { ...process.env, NODE: process.execPath, PROGRAM: program },
        })
        expect({ command, status: done.status, stderr: done.stderr }).toEqual({ command, status: 0, stderr: '' })
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
