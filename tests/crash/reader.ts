// A reader that gets killed: opens the database it is given for reading and says so, and stays.
//
//   arguments: path of the database · URL of storage/mod.js
import { writeSync } from 'node:fs'
import type { openEngine as OpenEngine } from '../../storage/mod.ts'

const [path, storageUrl] = process.argv.slice(2)
const { openEngine } = await import(storageUrl!) as { openEngine: typeof OpenEngine }
await openEngine(path!, { readOnly: true, memoryBytes: 16 << 20 })
writeSync(1, 'ready\n')
setInterval(() => {}, 1000)
