// The process that gets killed: opens the database it is given and commits numbered steps until it dies,
// telling its parent on standard output which steps were acknowledged. Every step is a pure function of the
// seed and its number (steps.ts), so the parent can say what any prefix of them must have left behind.
//
//   arguments: path of the database · seed · first step · URL of storage/mod.js · URL of steps.js
import { writeSync } from 'node:fs'
import type { applyStep as ApplyStep } from './steps.ts'
import type { openEngine as OpenEngine } from '../../storage/mod.ts'

const [path, seedText, firstText, storageUrl, stepsUrl] = process.argv.slice(2)
const { openEngine, appendColumns } = await import(storageUrl!) as {
  openEngine: typeof OpenEngine; appendColumns: Parameters<typeof ApplyStep>[1]
}
const { applyStep, KILL_OPTIONS } = await import(stepsUrl!) as {
  applyStep: typeof ApplyStep; KILL_OPTIONS: Parameters<typeof OpenEngine>[1]
}

const say = (text: string): void => void writeSync(1, `${text}\n`)
const engine = await openEngine(path!, KILL_OPTIONS)
say('ready')
const inFlight = new Set<Promise<void>>()
for (let step = Number(firstText); ; step++) {
  const done = applyStep(engine, appendColumns, Number(seedText), step)
  if (done === null) {
    say(String(step))
    continue
  }
  const acknowledged: Promise<void> = done.then(() => {
    say(String(step))
    inFlight.delete(acknowledged)
  })
  inFlight.add(acknowledged)
  if (inFlight.size >= 8 || step % 5 === 0) await Promise.race(inFlight)
}
