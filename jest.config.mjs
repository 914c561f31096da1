import { useMemoryFolder } from './scripts/memory-folder.mjs';

useMemoryFolder();

// One run for all packages. Tests import the sources with Node's module loader: docs/decisions/0044.
const shared = {
  roots: ['<rootDir>/apps', '<rootDir>/packages', '<rootDir>/docs', '<rootDir>/tests'],
  modulePathIgnorePatterns: ['/dist/', '/\\.vitepress/'],
  transform: {},
  runtime: '<rootDir>/scripts/jest/native-runtime.cjs',
  testEnvironment: '<rootDir>/scripts/jest/native-environment.cjs',
  setupFiles: ['<rootDir>/scripts/jest/random-inputs.mjs'],
  globalSetup: '<rootDir>/scripts/jest/global-setup.mjs',
  globalTeardown: '<rootDir>/scripts/jest/global-teardown.mjs',
};

export default {
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['**/test/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', '/tests/(browser|e2e)/', '\\.system\\.test\\.ts$'],
    },
    // Tests that start whole stacks of processes, build the site or pack packages. They wait for most of their time.
    {
      ...shared,
      displayName: 'system',
      testMatch: ['**/tests/e2e/test/**/*.test.ts', '**/test/**/*.system.test.ts'],
    },
    // Tests that drive a browser, which keeps one core busy.
    {
      ...shared,
      displayName: 'browser',
      testMatch: ['**/tests/browser/test/**/*.test.ts'],
    },
  ],
  // On two cores: many tests wait for time to pass. With three, the cores are idle for a fifth of the time.
  maxWorkers: 4,
  // Jest reads it only here, not from a project. Long enough for a slow machine, and for `eventually` to print its last error first.
  testTimeout: 90_000,
};
