// Tables of every kind of key under random work, against a model: transactions that see exactly their snapshot
// and their own writes while merges, checkpoints, bulk appends, crashes and reopening go on around them.
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { KEY_KINDS } from './key-kinds.ts'
import { ModelRun } from './model-run.ts'

const OPERATIONS = Number(process.env['SECANTDB_MODEL_OPERATIONS'] ?? 3000)
const SEED = Number(process.env['SECANTDB_SEED'] ?? 1)

describe('random operations agree with the model', () => {
  test.each(KEY_KINDS.map((kind) => [kind.name, kind] as const))('key: %s', async (name, kind) => {
    const run = new ModelRun(kind, new Random(SEED))
    await run.start()
    for (let i = 0; i < OPERATIONS; i++) {
      try {
        await run.step()
      } catch (error) {
        throw new Error(`operation ${i} with seed ${SEED}: ${String(error)}\n${run.history}`, { cause: error })
      }
    }
    run.checkAll()
    console.log(`${name}: ${OPERATIONS} operations, ${JSON.stringify(run.counts)}`)
    const all = ['index', 'merge', 'crash', 'close', 'commit', 'rollback to savepoint', 'append replace', 'delete']
    for (const what of OPERATIONS < 3000 ? [] : all) {
      expect(run.counts[what], what).toBeGreaterThan(1)
    }
  }, 400_000)
})
