// Random histories of small transactions over few keys, run interleaved through the public API, and the question
// whether the committed ones could have run one after the other: every read must have seen what a serial run in some
// order would have shown it, and the end must be the same. With at most six transactions all orders are tried.
import { DatabaseError } from '../../src/index.ts'
import type { Connection, Database } from '../../src/index.ts'
import type { Random } from '../../src/base/random.ts'

/** Rows by key; what a transaction may see. */
type State = Map<number, number>

/** One operation, and how it acts on a state (for the serial run). */
interface Operation {
  readonly name: string
  run(session: Connection): unknown
  model(state: State): unknown
}

/** What a transaction did and saw. */
export interface Done {
  readonly operations: readonly Operation[]
  readonly seen: readonly string[]
}

const KEYS = 4
const raw = (session: Connection, sql: string, parameters: unknown[] = []): unknown =>
  session.prepare(sql).raw(parameters)
const sorted = (state: State): [number, number][] => [...state].sort((a, b) => a[0] - b[0])

const READS: ((random: Random) => Operation)[] = [
  (random) => {
    const key = random.below(KEYS)
    return {
      name: `get ${key}`, run: (session) => session.prepare('SELECT v FROM t WHERE id = ?').get([key])?.['v'] ?? null,
      model: (state) => state.get(key) ?? null,
    }
  },
  (random) => {
    const key = random.below(KEYS)
    return {
      name: `table get ${key}`, run: (session) => session.table('t').get(key)?.['v'] ?? null,
      model: (state) => state.get(key) ?? null,
    }
  },
  (random) => {
    const from = random.below(KEYS)
    return {
      name: `from ${from}`, run: (session) => raw(session, 'SELECT id, v FROM t WHERE id >= ? ORDER BY id', [from]),
      model: (state) => sorted(state).filter(([key]) => key >= from),
    }
  },
  (random) => {
    const to = random.below(KEYS)
    return {
      name: `range to ${to}`,
      run: (session) => session.table('t').range({ lt: to, reverse: true }).all().map((row) => [row['id'], row['v']]),
      model: (state) => sorted(state).filter(([key]) => key < to).reverse(),
    }
  },
  (random) => {
    const from = random.below(1000)
    return {
      name: `values from ${from}`, run: (session) => raw(session, 'SELECT id FROM t WHERE v >= ? ORDER BY id', [from]),
      model: (state) => sorted(state).filter(([, value]) => value >= from).map(([key]) => [key]),
    }
  },
  () => ({
    name: 'sum', run: (session) => raw(session, 'SELECT count(*)::int, coalesce(sum(v), 0)::int FROM t'),
    model: (state) => [[state.size, [...state.values()].reduce((a, b) => a + b, 0)]],
  }),
]

const WRITES: ((random: Random) => Operation)[] = [
  (random) => {
    const [key, value] = [random.below(KEYS), random.below(1000)]
    return {
      name: `put ${key} ${value}`, run: (session) => session.table('t').put({ id: key, v: value }),
      model: (state) => {
        const existed = state.has(key)
        state.set(key, value)
        return existed ? 'updated' : 'inserted'
      },
    }
  },
  (random) => {
    const [key, value] = [random.below(KEYS), random.below(1000)]
    return {
      name: `update ${key} ${value}`,
      run: (session) => session.prepare('UPDATE t SET v = v + ? WHERE id = ?').run([value, key]).changes,
      model: (state) => {
        if (!state.has(key)) return 0
        state.set(key, state.get(key)! + value)
        return 1
      },
    }
  },
  (random) => {
    const key = random.below(KEYS)
    return {
      name: `delete ${key}`, run: (session) => session.table('t').delete(key), model: (state) => state.delete(key),
    }
  },
  (random) => {
    const key = random.below(KEYS)
    return {
      name: `copy the sum to ${key}`,
      run: (session) => {
        const sum = session.prepare('SELECT coalesce(sum(v), 0)::int AS n FROM t WHERE id <> ?').get([key])!['n']
        session.table('t').put({ id: key, v: sum })
        return sum
      },
      model: (state) => {
        const sum = [...state].reduce((total, [other, value]) => other === key ? total : total + value, 0)
        state.set(key, sum)
        return sum
      },
    }
  },
]

/** One history: what the committed transactions did and saw, and the rows before and after. */
export interface History {
  readonly before: string
  readonly after: string
  readonly done: readonly Done[]
  readonly refused: number
}

/** Runs `count` transactions of the level interleaved at random. One that meets an error is rolled back. */
export function runHistory(db: Database, random: Random, level: string, count: number): History {
  const start: State = new Map()
  for (let key = 0; key < KEYS; key++) if (random.chance(0.7)) start.set(key, random.below(10))
  db.exec('DELETE FROM t')
  for (const [key, value] of start) db.table('t').put({ id: key, v: value })
  const actors = Array.from({ length: count }, () => {
    const session = db.connect()
    session.exec(`BEGIN ISOLATION LEVEL ${level}`)
    const operations = Array.from({ length: 1 + random.below(4) }, () =>
      random.pick(random.chance(0.5) ? READS : WRITES)(random))
    return { session, operations, seen: [] as string[] }
  })
  const done: Done[] = []
  const open = [...actors]
  let refused = 0
  while (open.length > 0) {
    const actor = random.pick(open)
    const operation = actor.operations[actor.seen.length]
    try {
      if (operation !== undefined) {
        actor.seen.push(JSON.stringify(operation.run(actor.session)))
        continue
      }
      actor.session.exec('COMMIT')
      done.push(actor)
    } catch (error) {
      if (!(error instanceof DatabaseError) || !['40001', '55P03'].includes(error.code)) throw error
      refused++
    }
    actor.session.close()
    open.splice(open.indexOf(actor), 1)
  }
  const after = JSON.stringify(raw(db, 'SELECT id, v FROM t ORDER BY id'))
  return { before: JSON.stringify(sorted(start)), after, done, refused }
}

/** True when some order of the transactions, one after the other, shows each what it saw and ends the same. */
export function isSerializable({ before, after, done }: History): boolean {
  const search = (state: State, left: readonly Done[]): boolean => {
    if (left.length === 0) return JSON.stringify(sorted(state)) === after
    return left.some((next) => {
      const copy = new Map(state)
      const fits = next.operations.every((operation, i) => JSON.stringify(operation.model(copy)) === next.seen[i])
      return fits && search(copy, left.filter((other) => other !== next))
    })
  }
  return search(new Map(JSON.parse(before) as [number, number][]), done)
}
