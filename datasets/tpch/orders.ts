// Orders with their line items (TPC Benchmark H, revision 3.0.1, clause 4.2.3). Price and status of an order
// follow from its lines, so one walk makes the numbers of both; each table walks on its own and keeps its part.
// Texts come from other generators than numbers: that one table is made does not change another.
import { daysFromCivil } from '../../src/base/datetime.ts'
import { Random } from '../../src/base/random.ts'

export const FIRST_DAY = daysFromCivil(1992, 1, 1)
export const LAST_DAY = daysFromCivil(1998, 12, 31)
/** CURRENTDATE of the specification: what was received later has no return flag yet. */
export const TODAY = daysFromCivil(1995, 6, 17)
const LINES_MAX = 7

/** Cents of a part's retail price. */
export function retailPrice(part: number): number {
  return 90_000 + (Math.floor(part / 10) % 20_001) + 100 * (part % 1000)
}

/** Supplier `i` (0 to 3) of a part among `suppliers`. */
export function supplierOf(part: number, i: number, suppliers: number): number {
  return (part + i * (Math.floor(suppliers / 4) + Math.floor((part - 1) / suppliers))) % suppliers + 1
}

/** Sizes of the tables that orders refer to. */
export interface Population {
  readonly orders: number
  readonly customers: number
  readonly parts: number
  readonly suppliers: number
}

/** One order after the other: next() fills the fields. */
export class OrderWalk {
  readonly #random: Random
  readonly #population: Population
  #number = 0
  orderKey = 0
  customer = 0
  day = 0
  priority = 0
  lines = 0
  /** 'F', 'O' or 'P'. */
  status = 'F'
  /** Cents. */
  totalPrice = 0
  readonly part = new Int32Array(LINES_MAX)
  readonly supplier = new Int32Array(LINES_MAX)
  readonly quantity = new Int32Array(LINES_MAX)
  /** Cents. */
  readonly price = new Float64Array(LINES_MAX)
  /** Percent. */
  readonly discount = new Int32Array(LINES_MAX)
  readonly tax = new Int32Array(LINES_MAX)
  readonly shipDay = new Int32Array(LINES_MAX)
  readonly commitDay = new Int32Array(LINES_MAX)
  readonly receiptDay = new Int32Array(LINES_MAX)
  readonly mode = new Int32Array(LINES_MAX)
  readonly instruction = new Int32Array(LINES_MAX)
  /** 0 or 1: which of A and R, when received. */
  readonly flag = new Int32Array(LINES_MAX)

  constructor(population: Population, seed: number) {
    this.#population = population
    this.#random = new Random(seed)
  }

  /** Makes the next order. Of every 32 keys the first 8 are used; every third customer never orders. */
  next(): void {
    const random = this.#random
    const at = this.#number++
    this.orderKey = (at >>> 3) * 32 + (at & 7) + 1
    do this.customer = random.between(1, this.#population.customers)
    while (this.customer % 3 === 0)
    this.day = random.between(FIRST_DAY, LAST_DAY - 151)
    this.priority = random.below(5)
    this.lines = random.between(1, LINES_MAX)
    let total = 0
    let open = 0
    for (let i = 0; i < this.lines; i++) {
      this.#line(i)
      total += this.price[i]! * (100 + this.tax[i]!) * (100 - this.discount[i]!)
      if (this.shipDay[i]! > TODAY) open++
    }
    this.totalPrice = Math.round(total / 10_000)
    this.status = open === 0 ? 'F' : open === this.lines ? 'O' : 'P'
  }

  #line(i: number): void {
    const random = this.#random
    const { parts, suppliers } = this.#population
    const part = random.between(1, parts)
    const bits = random.nextU32()
    this.part[i] = part
    this.supplier[i] = supplierOf(part, bits & 3, suppliers)
    this.flag[i] = (bits >>> 2) & 1
    this.instruction[i] = (bits >>> 3) & 3
    this.mode[i] = (bits >>> 5) % 7
    this.quantity[i] = random.between(1, 50)
    this.price[i] = this.quantity[i]! * retailPrice(part)
    this.discount[i] = random.below(11)
    this.tax[i] = random.below(9)
    this.shipDay[i] = this.day + random.between(1, 121)
    this.commitDay[i] = this.day + random.between(30, 90)
    this.receiptDay[i] = this.shipDay[i]! + random.between(1, 30)
  }
}
