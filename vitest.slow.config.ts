import { defineConfig } from 'vitest/config'

/** Real songs, full-size models, soak: one file at a time, so that they do not compete for the cores. */
export default defineConfig({
  test: {
    include: ['src/**/*.slow.test.ts', 'test/**/*.slow.test.ts'],
    testTimeout: 600_000,
    hookTimeout: 600_000,
    fileParallelism: false,
    retry: process.env.CI ? 1 : 0,
  },
})
