// Test runner settings. Suites run in forked processes, because a database maps up to gigabytes of shared
// memory and some tests kill writers: one suite must not be able to disturb another.
//
// Three projects: `spill` runs the comparisons with DuckDB with temporary files everywhere (tests/spill.setup.ts);
// `normal` runs everything; `tiny` runs the suites that go through whole tables again with
// thresholds so small that every table merges, evicts and checkpoints all the time (tests/tiny.setup.ts).
import { defineConfig } from 'vitest/config'

const shared = { pool: 'forks', testTimeout: 120_000, hookTimeout: 120_000 } as const

export default defineConfig({
  test: {
    maxWorkers: 2,
    reporters: ['default', './tests/summary-reporter.ts'],
    projects: [
      {
        test: {
          ...shared, name: 'normal',
          include: ['{src,index,exec,storage,bench,datasets}/**/*.test.ts', 'tests/**/*.test.ts'],
        },
      },
      {
        test: {
          ...shared, name: 'tiny', setupFiles: ['./tests/tiny.setup.ts'],
          include: ['tests/{api,oracle,slt}/**/*.test.ts'],
        },
      },
      {
        test: {
          ...shared, name: 'spill', setupFiles: ['./tests/spill.setup.ts'],
          include: ['tests/oracle/{executor-oracle,window,random-sets}.test.ts', 'tests/suites/tpch.test.ts'],
        },
      },
    ],
  },
})
