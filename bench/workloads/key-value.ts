// A key-value store beside the table handle over the same million rows: db.kv(name).get(key) must cost what
// db.table(name).get(key) costs. Both in one process, so the factor is fair on a busy machine.
import { openSecantdb } from '../engines/secantdb.ts'
import { AnswerHash, WARM_UP_ROUNDS, grouped, summarize, timeMs } from '../measure.ts'
import { Random } from '../../src/base/random.ts'
import type { Workload } from './workload.ts'

const GETS_PER_ROUND = 300_000
const HASHED_GETS = 1_000

/** `kv.get` and `table.get`. */
export const keyValue: Workload = {
  name: 'key-value',
  title: 'kv.get beside table.get, warm, random order',
  engines: ['secantdb'],
  isStandalone: true,
  rows: { full: [1_000_000], small: [200_000], tiny: [2_000] },
  run: async (one) => {
    const { db, close } = await openSecantdb({ folder: one.folder, memoryBytes: 2 ** 30 }, {}, 'kv.sdb')
    const kv = db.kv('store', { key: 'integer', value: 'utf8' })
    const table = db.table('store')
    const keys = Array.from({ length: one.rows }, (_, i) => i * 3)
    table.append({ key: keys, value: keys.map((key) => `value ${key}`) })
    const random = new Random(one.seed)
    const probes = Array.from({ length: Math.min(GETS_PER_ROUND, one.rows * 5) }, () => random.pick(keys))
    const fromKv = (key: number): string => kv.get(key)!
    const fromTable = (key: number): string => table.get(key)!['value'] as string
    const size = `${grouped(one.rows)} rows`
    const kvNs: number[] = []
    const tableNs: number[] = []
    // Round by round in turn: what disturbs the machine disturbs both.
    for (let round = -WARM_UP_ROUNDS; round < one.rounds; round++) {
      const [kvRound, tableRound] = [await gets(fromKv, probes), await gets(fromTable, probes)]
      if (round < 0) continue
      kvNs.push(kvRound)
      tableNs.push(tableRound)
    }
    const hash = new AnswerHash()
    for (const key of probes.slice(0, HASHED_GETS)) hash.text(fromKv(key))
    const ratio = kvNs.map((ns, i) => ns / tableNs[i]!)
    await close()
    return [
      summarize(`kv.get, ${size}`, 'ns', kvNs, hash.digest()), summarize(`table.get, ${size}`, 'ns', tableNs),
      summarize(`kv.get over table.get, ${size}`, 'factor', ratio),
    ]
  },
}

async function gets(get: (key: number) => string, probes: readonly number[]): Promise<number> {
  let length = 0
  const ms = await timeMs(() => {
    for (let i = 0; i < probes.length; i++) length += get(probes[i]!).length
  })
  if (length < 0) throw new Error('a length went below zero')
  return ms * 1e6 / probes.length
}
