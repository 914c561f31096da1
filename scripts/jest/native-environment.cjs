// The environment of native-runtime.cjs: tests use the globals of their worker.
const { ModernFakeTimers } = require('@jest/fake-timers');
const { ModuleMocker } = require('jest-mock');

/** Where `jest.setTimeout` keeps the timeout of a file. */
const TIMEOUT = Symbol.for('TEST_TIMEOUT_SYMBOL');

module.exports = class NativeEnvironment {
  global = globalThis;
  moduleMocker = new ModuleMocker(globalThis);
  #console = console;
  #exit = Reflect.get(process, 'exit');

  constructor({ projectConfig }) {
    this.fakeTimersModern = new ModernFakeTimers({ config: projectConfig, global: globalThis });
  }

  /** Undoes what Jest changes for its own context: a wrapper of `exit`, and stack traces of transformed sources. */
  async setup() {
    process.exit = this.#exit;
    Error.prepareStackTrace = undefined;
  }

  async teardown() {
    this.fakeTimersModern.dispose();
    delete globalThis[TIMEOUT];
    globalThis.console = this.#console;
  }

  getVmContext() {
    return globalThis;
  }
};
