// The commands of docs/BACKUP.md are run one after another, as a reader would.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const program = join(root, 'dist', 'src', 'cli', 'main.js')

test.skipIf(!existsSync(program))('the commands of docs/BACKUP.md work in order', () => {
  const text = readFileSync(join(root, 'docs', 'BACKUP.md'), 'utf8')
  const commands = [...text.matchAll(/^npx secantdb (.*)$/gm)].map(([, command]) => command!)
  expect(commands.length).toBeGreaterThan(8)
  const folder = mkdtempSync(join(tmpdir(), 'secantdb-guide-'))
  try {
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
