// What a crash leaves of one file: its durable bytes, and of the writes and truncations since the last sync
// whatever the policy lets survive. Sectors of 512 bytes are the unit a write can be torn at.
import type { Random } from '../../src/base/random.ts'
import { folderOf } from '../../storage/file/file.ts'
import { MemoryBytes } from '../../storage/file/memory-file.ts'

/**
 * What survives a crash. none: only synced bytes. all: everything. prefix: the first k pending operations.
 * subset: each with probability 1/2. torn: a prefix whose last write is cut at 512 bytes. size-first:
 * sizes survive, data with probability 1/2, garbage where not.
 */
export type CrashPolicy = 'none' | 'all' | 'prefix' | 'subset' | 'torn' | 'size-first'
export const CRASH_POLICIES: readonly CrashPolicy[] = ['none', 'all', 'prefix', 'subset', 'torn', 'size-first']

/** A write or truncation that is not durable yet; `sequence` orders it among all of the disk. */
export type Change = ChangeKind & { sequence: number }

/** What was done. */
export type ChangeKind =
  | { kind: 'write'; offset: number; bytes: Uint8Array }
  | { kind: 'truncate'; size: number }

/** A file's bytes as programs see them, as they are durable, and what is between. */
export class Inode {
  durable = new MemoryBytes()
  current = new MemoryBytes()
  pending: Change[] = []
  hasFailedSync = false
  owesError = false
}

const SECTOR = 512

/** Applies a change to bytes. */
export function applyChange(bytes: MemoryBytes, change: Change): void {
  if (change.kind === 'truncate') bytes.truncate(change.size)
  else bytes.write(change.offset, change.bytes)
}

/** A path survives only when all folders above it do. */
export function reachable(names: Map<string, Inode | null>, path: string): boolean {
  for (let at = path; at !== '.' && at !== '/'; at = folderOf(at)) if (!names.has(at)) return false
  return true
}

/** What the crash of a whole disk decided. */
export interface Survival {
  policy: CrashPolicy
  random: Random
  survives: (sequence: number) => boolean
  /** Sequence of the last surviving operation under prefix and torn. */
  last: number
}

/** The file after the crash. */
export function surviving(inode: Inode, survival: Survival): Inode {
  const { policy, random, survives, last } = survival
  const result = new Inode()
  const bytes = inode.durable.snapshot()
  result.durable.write(0, bytes)
  for (const change of inode.pending) {
    const kept = survives(change.sequence)
    if (change.kind === 'truncate' || (kept && !(policy === 'torn' && change.sequence === last))) {
      if (kept) applyChange(result.durable, change)
      continue
    }
    if (kept) tear(result.durable, change, random)
    else if (policy === 'size-first') extendWithGarbage(result.durable, change, random)
  }
  result.current.write(0, result.durable.snapshot())
  return result
}

// Keeps a run of the write's 512-byte sectors: its head, its tail or its middle.
function tear(bytes: MemoryBytes, change: Change & { kind: 'write' }, random: Random): void {
  const sectors = Math.ceil(change.bytes.length / SECTOR)
  const begin = random.chance(0.5) ? 0 : random.below(sectors)
  const end = random.chance(0.5) ? sectors : begin + random.below(sectors - begin + 1)
  const from = begin * SECTOR
  const to = Math.min(change.bytes.length, end * SECTOR)
  if (to > from) bytes.write(change.offset + from, change.bytes.subarray(from, to))
}

function extendWithGarbage(bytes: MemoryBytes, change: Change & { kind: 'write' }, random: Random): void {
  const end = change.offset + change.bytes.length
  if (end <= bytes.size) return
  const garbage = new Uint8Array(end - bytes.size)
  for (let i = 0; i < garbage.length; i += 97) garbage[i] = random.below(256)
  bytes.write(bytes.size, garbage)
}
