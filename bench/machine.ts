// What the figures were measured on: printed with every table, because absolute figures mean
// nothing without it. Ratios within one run travel better between machines.
import { arch, cpus, freemem, platform, release, totalmem } from 'node:os'

export interface Machine {
  readonly node: string
  readonly system: string
  readonly processor: string
  readonly cores: number
  readonly memoryGiB: number
  readonly freeGiB: number
}

/** Describes this machine. */
export function describeMachine(): Machine {
  const gib = (bytes: number): number => Math.round(bytes / 2 ** 30)
  return {
    node: process.version,
    system: `${platform()} ${release()} ${arch()}`,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: gib(totalmem()),
    freeGiB: gib(freemem()),
  }
}
