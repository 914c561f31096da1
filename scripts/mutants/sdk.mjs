import { mutantsIn } from './tool/mutants-in.mjs';

export default mutantsIn('packages/sdk/src', [
  [
    'an empty list of secrets verifies',
    'webhooks.ts',
    `if (keys.length === 0 || !keys.every(Boolean)) throw`,
    `if (!keys.every(Boolean)) throw`,
  ],
  [
    'a signature that no key verifies is accepted',
    'webhooks.ts',
    `  throw failure;\n`,
    `  if (keys.length > 1) return;\n  throw failure;\n`,
  ],
  [
    'an old message is accepted',
    'verify-ed25519.ts',
    ` || ageS > TOLERANCE_S)`,
    ` || ageS > TOLERANCE_S * 1e6)`,
  ],
  [
    'the Ed25519 signature does not cover the id',
    'verify-ed25519.ts',
    '`${id}.${timestamp}.${body}`',
    '`${timestamp}.${body}`',
  ],
  [
    'an Ed25519 signature of another key is accepted',
    'verify-ed25519.ts',
    `return bytes?.length === 64 && verify(bytes, content, key);`,
    `return bytes?.length === 64;`,
  ],
  [
    'a call is repeated with another idempotency key',
    'retrying-fetch.ts',
    `if (method !== 'POST' || headers.has('idempotency-key') || (await`,
    `if (method !== 'POST' || (await`,
  ],
  [
    'a call without a key is repeated',
    'retrying-fetch.ts',
    `headers.set('idempotency-key', crypto.randomUUID());`,
    `void headers;`,
  ],
  [
    'retries have no limit',
    'retrying-fetch.ts',
    `retries >= settings.maxRetries || performance.now() + delayMs >= deadline`,
    `performance.now() + delayMs >= deadline`,
  ],
  [
    'Retry-After is ignored',
    'retrying-fetch.ts',
    `return requestedMs ?? Math.min`,
    `return (requestedMs && undefined) ?? Math.min`,
  ],
  [
    'all conflicts are repeated',
    'retrying-fetch.ts',
    `return (await readError(result.clone())).code === 'idempotency_in_progress';`,
    `return true;`,
  ],
  [
    'the cursor of a feed is stored before its entries are processed',
    'feed.ts',
    `    yield entries;\n    const last = entries.at(-1)?.sequence;`,
    `    const last = entries.at(-1)?.sequence;\n    if (last !== undefined && saveCursor) await call(() => calls.saveCursor(id, { sequence: last }));\n    yield entries;`,
  ],
  [
    'a feed repeats its last page',
    'feed.ts',
    `after = last ?? after ?? cursor ?? undefined;`,
    `after = after ?? last ?? cursor ?? undefined;`,
  ],
  ['a feed repeats calls that can never succeed', 'feed.ts', `if (!isTemporary(error)) throw error;`, ``],
]);
