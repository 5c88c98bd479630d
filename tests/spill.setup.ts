// The third run of the comparisons with DuckDB: no operator may keep more than a byte, so that every sort, join,
// grouping, window and set operation goes through temporary files. The answers must be the same.
import { SPILL_DEFAULTS } from '../exec/mod.ts'

SPILL_DEFAULTS.budgetBytes = 1
