// Test runner settings. Suites run in forked processes, because a database maps up to gigabytes of
// shared memory and some tests kill writers: one suite must not be able to disturb another.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{src,index,exec,storage,bench,datasets}/**/*.test.ts', 'tests/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
