// Time zones by name, from the tables in Node's own ICU. Intl costs microseconds a call, so the offsets of
// a zone are found once per calendar year (13 probes and a bisection per change) and cached as a short
// sorted list; after that a look-up is a Map get and a scan of at most a few entries.

import { MICROS_PER_SECOND } from './datetime.ts'
import { CODE, DatabaseError } from './errors.ts'

/** Seconds east of UTC of the abbreviations PostgreSQL's default set knows best. */
const ABBREVIATIONS: Record<string, number> = {
  z: 0, utc: 0, gmt: 0, uct: 0, zulu: 0, wet: 0, west: 1, bst: 1, cet: 1, cest: 2, met: 1, mest: 2, eet: 2, eest: 3,
  msk: 3, ist: 2, idt: 3, est: -5, edt: -4, cst: -6, cdt: -5, mst: -7, mdt: -6, pst: -8, pdt: -7, akst: -9,
  akdt: -8, hst: -10, jst: 9, kst: 9, awst: 8, aest: 10, aedt: 11, nzst: 12, nzdt: 13, brt: -3, art: -3,
}

interface YearOffsets { starts: number[]; offsets: number[] }
interface Zone { format: Intl.DateTimeFormat; years: Map<number, YearOffsets> }

const zones = new Map<string, Zone | null>()

/** Offset in seconds east of UTC of a fixed abbreviation, or undefined. */
export function abbreviationOffset(name: string): number | undefined {
  const hours = ABBREVIATIONS[name.toLowerCase()]
  return hours === undefined ? undefined : hours * 3600
}

/** True when ICU knows the zone. */
export function isKnownZone(name: string): boolean {
  return findZone(name) !== null
}

function findZone(name: string): Zone | null {
  const key = name.toLowerCase()
  let zone = zones.get(key)
  if (zone === undefined) {
    zone = null
    try {
      const format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset', year: 'numeric' })
      zone = { format, years: new Map() }
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
    }
    zones.set(key, zone)
  }
  return zone
}

/** Seconds east of UTC in a zone at a moment given in seconds since 1970 UTC. Throws 22023. */
export function zoneOffset(name: string, seconds: number): number {
  const fixed = fixedOffset(name)
  if (fixed !== undefined) return fixed
  const zone = findZone(name)
  if (zone === null) throw unknownZone(name)
  const list = offsetsOfYear(zone, seconds)
  let i = list.starts.length - 1
  while (i > 0 && list.starts[i]! > seconds) i--
  return list.offsets[i]!
}

/**
 * Seconds east of UTC of a wall-clock time in a zone. A time skipped in spring counts with the offset before
 * the change; one that occurs twice in autumn with the offset after it, as in PostgreSQL. Throws 22023.
 */
export function localOffset(name: string, localSeconds: number): number {
  const before = zoneOffset(name, localSeconds - 86400)
  const after = zoneOffset(name, localSeconds + 86400)
  if (before === after) return before
  const early = localSeconds - before
  const late = localSeconds - after
  const changed = zoneOffset(name, Math.min(early, late)) === after
  const changing = zoneOffset(name, Math.max(early, late)) === after
  if (!changing) return before
  if (changed) return after
  return before < after ? before : after
}

/** Offsets like `+05:30` or abbreviations, which need no table. */
function fixedOffset(name: string): number | undefined {
  const parts = /^([+-])(\d{1,2})(?::?(\d{2}))?(?::?(\d{2}))?$/.exec(name)
  if (!parts) return abbreviationOffset(name)
  const size = Number(parts[2]) * 3600 + Number(parts[3] ?? 0) * 60 + Number(parts[4] ?? 0)
  return parts[1] === '-' ? -size : size
}

/** `+hh[[:]mm[[:]ss]]` to seconds east of UTC, or null; at most 15:59:59. */
export function parseOffset(text: string): number | null {
  const parts = /^([+-])(\d{1,2})(?::?(\d{2}))?(?::?(\d{2}))?$/.exec(text)
  if (!parts) return null
  const [hours, minutes, seconds] = [Number(parts[2]), Number(parts[3] ?? 0), Number(parts[4] ?? 0)]
  if (hours > 15 || minutes > 59 || seconds > 59) {
    throw new DatabaseError(CODE.DATETIME_OVERFLOW, `time zone displacement out of range: "${text}"`)
  }
  const size = hours * 3600 + minutes * 60 + seconds
  return parts[1] === '-' ? -size : size
}

/** The error for a zone nobody knows. */
export function unknownZone(name: string): DatabaseError {
  return new DatabaseError(CODE.INVALID_PARAMETER, `time zone "${name}" not recognized`)
}

/** Microseconds of an offset in seconds. */
export function offsetMicros(seconds: number): number {
  return seconds * MICROS_PER_SECOND
}

const YEAR_MIN = -271000
const YEAR_MAX = 275000

function offsetsOfYear(zone: Zone, seconds: number): YearOffsets {
  const raw = new Date(Math.min(Math.max(seconds * 1000, -8.6e15), 8.6e15)).getUTCFullYear()
  const year = Math.min(Math.max(raw, YEAR_MIN), YEAR_MAX)
  let list = zone.years.get(year)
  if (list === undefined) {
    list = findOffsets(zone.format, year)
    zone.years.set(year, list)
  }
  return list
}

function findOffsets(format: Intl.DateTimeFormat, year: number): YearOffsets {
  const start = new Date(0)
  start.setUTCFullYear(year, 0, 1)
  const first = start.getTime() / 1000
  const list: YearOffsets = { starts: [first], offsets: [probe(format, first)] }
  const step = 15 * 86400
  for (let at = first; at < first + 367 * 86400; at += step) {
    const offset = probe(format, at + step)
    if (offset !== list.offsets.at(-1)) {
      let lo = at
      let hi = at + step
      while (hi - lo > 1) {
        const middle = Math.floor((lo + hi) / 2)
        if (probe(format, middle) === offset) hi = middle
        else lo = middle
      }
      list.starts.push(hi)
      list.offsets.push(offset)
    }
  }
  return list
}

/** Asks ICU; the text ends in `GMT`, `GMT+01:00` or `GMT-00:53:28`. */
function probe(format: Intl.DateTimeFormat, seconds: number): number {
  const text = format.format(seconds * 1000)
  const parts = /GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/.exec(text)
  if (!parts || parts[1] === undefined) return 0
  const size = Number(parts[2]) * 3600 + Number(parts[3]) * 60 + Number(parts[4] ?? 0)
  return parts[1] === '-' ? -size : size
}
