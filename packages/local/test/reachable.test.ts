import { expect, it } from '@jest/globals';
import { assertReachable } from '../src/reachable.js';

it('prints nothing of a URL whose password is not percent-encoded', async () => {
  const failure = await Promise.resolve()
    .then(() => assertReachable('DATABASE_URL', 'postgres://u:p@hidden/hidden@db.example', 5432))
    .catch((error: unknown) => String(error));
  expect(failure).toMatch(/DATABASE_URL is not a valid URL/);
  expect(failure).not.toMatch(/hidden|db\.example/);
});
