// Thresholds so small that every table of a file merges, evicts and checkpoints all the time.
import type { OpenOptions } from '../../src/index.ts'

export const TINY: OpenOptions = {
  rowGroupRows: 64, deltaRows: 16, poolFrames: 8, checkpointEvery: 1, mergeEveryCommit: true, memory: '64MB',
}
