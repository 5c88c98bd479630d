// Structures without a disk: what a JavaScript programmer would reach for first. They keep nothing
// after a crash and answer no SQL; they show the price of a get with nothing around it.
import type { Orders } from '../workloads/orders.ts'
import { STATUSES } from '../workloads/orders.ts'
import type { Engine, OrderRow } from './engine.ts'
import { loadRival } from './rivals.ts'

function rowOf(orders: Orders, i: number): OrderRow {
  return { customer: orders.customer[i]!, amount: orders.amount[i]!, status: STATUSES[orders.status[i]!]! }
}

/** `Map` from key to row object. */
export function openMap(): Engine {
  const map = new Map<number, OrderRow>()
  return {
    label: 'JS Map',
    loadOrders: (orders) => {
      for (let i = 0; i < orders.rows; i++) map.set(orders.id[i]!, rowOf(orders, i))
    },
    get: (key) => map.get(key),
    close: () => map.clear(),
  }
}

/** Sorted Float64Array of keys, plain binary search, row made from typed columns. */
export function openBinarySearch(): Engine {
  let orders: Orders | null = null
  return {
    label: 'binary search over typed columns',
    loadOrders: (all) => void (orders = all),
    get: (key) => {
      const id = orders!.id
      let lo = 0
      let hi = id.length
      while (lo < hi) {
        const mid = (lo + hi) >>> 1
        if (id[mid]! < key) lo = mid + 1
        else hi = mid
      }
      return lo < id.length && id[lo] === key ? rowOf(orders!, lo) : undefined
    },
    close: () => void (orders = null),
  }
}

interface SortedBTree {
  set(key: number, value: OrderRow): boolean
  get(key: number): OrderRow | undefined
  clear(): void
}

/** sorted-btree: a B+-tree in JavaScript, key to row object. */
export async function openSortedBtree(): Promise<Engine> {
  const { module, version } = await loadRival('sorted-btree')
  const BTree = constructorOf(module)
  const tree = new BTree()
  return {
    label: `sorted-btree ${version}`,
    loadOrders: (orders) => {
      for (let i = 0; i < orders.rows; i++) tree.set(orders.id[i]!, rowOf(orders, i))
    },
    get: (key) => tree.get(key),
    close: () => tree.clear(),
  }
}

/** The class hides one or two `default`s deep, depending on who loads the CommonJS file. */
function constructorOf(module: unknown): new () => SortedBTree {
  let found = module as { default?: unknown }
  while (typeof found !== 'function' && found.default) found = found.default as { default?: unknown }
  return found as unknown as new () => SortedBTree
}
