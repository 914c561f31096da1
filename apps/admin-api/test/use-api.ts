import { afterAll, beforeAll } from '@jest/globals';
import type { Receiver } from '@posthorn/testkit';
import type { ApiParts } from '../src/create-api.js';
import { startApi, type TestApi } from './start-api.js';

/** Starts the API for the tests of the file. Its fields are set before the first test. */
export function useApi(replace?: Partial<ApiParts>): TestApi {
  const api = {} as TestApi;
  beforeAll(async () => void Object.assign(api, await startApi(replace)));
  afterAll(() => api.close());
  return api;
}

/** Starts a receiver for the tests of the file. Its fields are set before the first test. */
export function useReceiver(api: TestApi): Receiver {
  const receiver = {} as Receiver;
  beforeAll(async () => void Object.assign(receiver, await api.receiver()));
  return receiver;
}
