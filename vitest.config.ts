import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'bench/**/*.test.ts'],
    exclude: ['**/*.slow.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    // A busy machine takes its time; what never comes still fails.
    expect: { poll: { timeout: 20_000 } },
    // Other work on the machine can hold a process up for seconds; what fails twice in a row fails.
    retry: process.env.CI ? 1 : 0,
  },
})
