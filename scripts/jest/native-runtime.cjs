// Jest's runtime without a VM context for each test file: Node's module loader loads each source and each dependency once in a
// worker. The test files of a worker share modules, so the state of a module must not depend on which tests ran before.
const asyncHooks = require('node:async_hooks');
const { register } = require('node:module');
const { pathToFileURL } = require('node:url');
const { default: JestRuntime } = require('jest-runtime');

register('./typescript-hooks.mjs', pathToFileURL(__filename));

/** Under these keys jest-circus keeps its event handlers, and globals.mjs finds the functions of the running test file. */
const CIRCUS_HANDLERS = Symbol.for('EVENT_HANDLERS');
const GLOBALS = Symbol.for('posthorn.jest.globals');

/**
 * Replaces the `AsyncLocalStorage` in which jest-circus keeps the running test, of which it makes one for each file. Node would call each one that was
 * ever made for every promise of the worker, a tenth of its CPU time. Tests run one after another, so the running one is known without.
 */
class RunningTest {
  #store;

  getStore() {
    return this.#store;
  }

  async run(store, callback) {
    const before = this.#store;
    this.#store = store;
    try {
      return await callback();
    } finally {
      this.#store = before;
    }
  }
}

module.exports = class NativeRuntime extends JestRuntime {
  unstable_shouldLoadAsEsm() {
    return true;
  }

  unstable_importModule(file) {
    return import(pathToFileURL(file).href);
  }

  /** Loads jest-circus again, without the tests and handlers of the previous file. */
  requireInternalModule(file) {
    delete globalThis[CIRCUS_HANDLERS];
    delete require.cache[file];
    const { AsyncLocalStorage } = asyncHooks;
    asyncHooks.AsyncLocalStorage = RunningTest;
    try {
      return require(file);
    } finally {
      asyncHooks.AsyncLocalStorage = AsyncLocalStorage;
    }
  }

  setGlobalsForRuntime(globals) {
    super.setGlobalsForRuntime(globals);
    globalThis[GLOBALS] = this.requireModuleOrMock(__filename, '@jest/globals');
  }

  /** The process is the real one. */
  installGetBuiltinModule() {}
};
