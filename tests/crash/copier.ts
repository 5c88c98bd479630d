// The process that is killed while it copies: a full backup, an incremental one, or a restore, slice by slice, telling
// its parent on standard output how far it is.
//
//   arguments: backup | incremental | restore · database · backup file · URL of src/index.js
import { writeSync } from 'node:fs'
import type { open as Open } from '../../src/index.ts'

const [what, database, backup, indexUrl] = process.argv.slice(2)
const { open } = await import(indexUrl!) as { open: typeof Open }
let slices = 0
const say = (): void => void writeSync(1, `${slices++ === 0 ? 'ready' : slices}\n`)
// Over and over, so that the process is killed whenever its time comes.
for (;;) {
  if (what === 'restore') {
    const db = await open(':memory:')
    say()
    await db.execute(`RESTORE DATABASE '${database}' FROM '${backup}'`)
    say()
    process.kill(process.pid, 'SIGKILL')
  }
  const db = await open(database!)
  await db.backup(backup!, { incremental: what === 'incremental', onProgress: say })
  db.exec('UPDATE t SET n = n + 1 WHERE id % 7 = 0')
  db.close()
}
