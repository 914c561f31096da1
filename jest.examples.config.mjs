// The examples have their own configuration: their compilers would slow down tests that measure time.
import config from './jest.config.mjs';

const { globalSetup: _setup, globalTeardown: _teardown, ...project } = config.projects[0];

export default {
  ...project,
  displayName: 'examples',
  roots: ['<rootDir>/examples/test'],
  testTimeout: config.testTimeout,
};
