// Replaces `@jest/globals`. A module that several test files share calls the functions of the running file.
const GLOBALS = Symbol.for('posthorn.jest.globals');

const current = (name) =>
  new Proxy(() => undefined, {
    apply: (_target, _this, args) => globalThis[GLOBALS][name](...args),
    get: (_target, key) => globalThis[GLOBALS][name][key],
  });

export const afterAll = current('afterAll');
export const afterEach = current('afterEach');
export const beforeAll = current('beforeAll');
export const beforeEach = current('beforeEach');
export const describe = current('describe');
export const expect = current('expect');
export const it = current('it');
export const jest = current('jest');
