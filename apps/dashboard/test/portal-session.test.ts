import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { PortalSession } from '../src/portal/portal-session.js';

const URL_OF_LIST = 'http://localhost/v1/webhooks';

let fetchMock: jest.SpiedFunction<typeof fetch>;
/** The status of the next check of a new token. */
let checkStatus = 200;
/** The tenant of the next token. */
let tenantId = 'ten_1';

beforeEach(() => {
  checkStatus = 200;
  tenantId = 'ten_1';
  fetchMock = jest
    .spyOn(globalThis, 'fetch')
    .mockImplementation(async (input) =>
      input instanceof Request
        ? Response.json({ token: input.headers.get('authorization') })
        : Response.json({ holder: { tenantId } }, { status: checkStatus }),
    );
});
afterEach(() => fetchMock.mockRestore());

const session = () => {
  let links = 0;
  const host = { requestToken: async () => `php_${(links += 1)}` };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- all that a session calls
  return new PortalSession(null, host as never);
};

it('sends calls with a new token when it has none', async () => {
  const response = await session().fetch(URL_OF_LIST);
  expect(await response.json()).toEqual({ token: 'Bearer php_1' });
});

it('does not expire while the server is unavailable: the next call requests a token again', async () => {
  const portal = session();
  checkStatus = 503;
  await expect(portal.fetch(URL_OF_LIST)).rejects.toThrow('503');
  checkStatus = 200;
  const response = await portal.fetch(URL_OF_LIST);
  expect(await response.json()).toEqual({ token: 'Bearer php_2' });
});

it('checks a new token in a limited time', async () => {
  await session().fetch(URL_OF_LIST);
  expect(fetchMock).toHaveBeenCalledWith(
    '/v1/session',
    expect.objectContaining({ signal: expect.any(AbortSignal) }),
  );
});

it('is not authorized with a token that is rejected', async () => {
  checkStatus = 401;
  expect((await session().fetch(URL_OF_LIST)).status).toBe(401);
});

it('is not authorized with a new token of another tenant', async () => {
  const portal = session();
  expect((await portal.fetch(URL_OF_LIST)).status).toBe(200);
  fetchMock.mockImplementationOnce(async () => Response.json({}, { status: 401 }));
  tenantId = 'ten_2';
  expect((await portal.fetch(URL_OF_LIST)).status).toBe(401);
});
