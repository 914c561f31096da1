// Apart from the other tests: what compiles here would slow down those that measure time.
import config from './jest.config.mjs';

const { globalSetup: _setup, globalTeardown: _teardown, ...shared } = config.projects[0];

export default { ...shared, displayName: 'examples', roots: ['<rootDir>/examples/test'] };
