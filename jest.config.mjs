// One run for all packages. Tests import the sources (condition @posthorn/source), as native ES modules.
const shared = {
  roots: ['<rootDir>/apps', '<rootDir>/packages', '<rootDir>/docs', '<rootDir>/tests'],
  modulePathIgnorePatterns: ['/dist/', '/\\.vitepress/'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript' },
          target: 'es2023',
          experimental: { keepImportAttributes: true },
        },
        module: { type: 'es6' },
      },
    ],
  },
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': ['$1.ts', '$1.js'] },
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['@posthorn/source', 'node', 'node-addons'] },
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
    // Tests that start whole stacks of processes, drive a browser, build the site or pack packages.
    {
      ...shared,
      displayName: 'system',
      testMatch: ['**/tests/{browser,e2e}/test/**/*.test.ts', '**/test/**/*.system.test.ts'],
    },
  ],
  // On two cores: many tests wait for time to pass.
  maxWorkers: 3,
  // Jest reads it only here, not from a project.
  testTimeout: 30_000,
};
