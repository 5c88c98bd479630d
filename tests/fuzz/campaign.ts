// A fuzzing campaign: executes a target on mutated inputs for a time, and fails on anything but an answer or a
// typed error. Every execution has a seed of its own; a failure names it, and `SECANTDB_FUZZ_SEED=<seed>` runs
// that one alone. The seed at work is kept in a file while it runs, so that an endless loop can be found too.
//
//   SECANTDB_FUZZ_SECONDS   length of each campaign: 2 unless told; the check before a release takes 60 and more
import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import { Random } from '../../src/base/random.ts'

/** One execution; returns false when the input was refused with a typed error. May throw what it met. */
export type Target = (random: Random) => boolean | Promise<boolean>

/** What a campaign did. */
export interface Campaign {
  executions: number
  /** Executions that ended in a DatabaseError. */
  refused: number
}

const SECONDS = Number(process.env['SECANTDB_FUZZ_SECONDS'] ?? 2)
/** An execution of a few milliseconds that takes this long is a hang. */
const HANG_MS = 10_000
/** Growth of the process that no small input justifies. */
const GROWTH_BYTES = 512 * 1024 * 1024

/** Runs `target` until the time is over. Throws at the first failure, with its seed. */
export async function runCampaign(name: string, target: Target): Promise<Campaign> {
  const only = process.env['SECANTDB_FUZZ_SEED']
  const first = only === undefined ? Math.floor(Date.now() % 1e9) * 1000 : Number(only)
  const note = join(tmpdir(), `secantdb-fuzz-${name}-${process.pid}.seed`)
  const campaign: Campaign = { executions: 0, refused: 0 }
  const before = process.memoryUsage.rss()
  const end = performance.now() + SECONDS * 1000
  do {
    const seed = first + campaign.executions
    if (campaign.executions % 16 === 0) writeFileSync(note, `${name}: a seed of the sixteen from ${seed}\n`)
    const begin = performance.now()
    try {
      if (!await target(new Random(seed))) campaign.refused++
    } catch (error) {
      throw new Error(`${name}, SECANTDB_FUZZ_SEED=${seed}: ${String(error)}`, { cause: error })
    }
    campaign.executions++
    if (performance.now() - begin > HANG_MS) throw new Error(`${name}, SECANTDB_FUZZ_SEED=${seed}: hangs`)
  } while (only === undefined && performance.now() < end)
  const grown = process.memoryUsage.rss() - before
  if (grown > GROWTH_BYTES) throw new Error(`${name}: memory grew by ${Math.round(grown / 2 ** 20)} MiB`)
  rmSync(note)
  console.log(`${name}: ${campaign.executions} executions, ${campaign.refused} refused`)
  return campaign
}

/** True for the errors that hostile bytes may cause; rethrows what they must not: bugs and foreign exceptions. */
export function isTyped(error: unknown): boolean {
  if (!(error instanceof DatabaseError) || error.code === CODE.INTERNAL) throw error
  const { cause } = error
  // A stop after a failed write may hide a bug: look at what stopped the engine.
  if (error.code === CODE.IO && cause instanceof Error && !(cause instanceof DatabaseError)) throw cause
  return true
}
