// The unit tests, on servers that run-mutants.mjs has started.
import path from 'node:path';
import config from '../../../jest.config.mjs';

const { globalSetup: _setup, globalTeardown: _teardown, displayName: _name, ...unit } = config.projects[0];
const { dirname } = import.meta;

export default {
  ...unit,
  rootDir: path.resolve(dirname, '../../..'),
  reporters: [path.join(dirname, 'reporter.mjs')],
  testTimeout: config.testTimeout,
};
