import { mutantsIn } from './tool/mutants-in.mjs';

export default mutantsIn('packages/contract/src', [
  [
    'errors have no limit',
    'values/field-errors.ts',
    `error.issues.slice(0, MAX_ERRORS).flatMap(toFieldErrors).slice(0, MAX_ERRORS)`,
    `error.issues.flatMap(toFieldErrors)`,
  ],
  [
    'brackets do not count as structure',
    'values/json-structure.ts',
    ` || code === OPENING_BRACKET || code === OPENING_BRACE`,
    ``,
  ],
  [
    'a page has any size',
    'values/lists.ts',
    `Number(text) >= 1 && Number(text) <= MAX_PAGE_SIZE`,
    `Number(text) >= 1`,
  ],
  [
    'any text is a cursor',
    'values/lists.ts',
    `if (!/^[A-Za-z0-9_-]{22}$/.test(cursor)) return null;`,
    `if (cursor === '') return null;`,
  ],
  [
    'a rank of a cursor is not finite',
    'values/lists.ts',
    `id !== null && (rank === null || Number.isFinite(rank))`,
    `id !== null`,
  ],
  [
    'custom headers replace signatures',
    'webhooks/webhook-headers.ts',
    `  'webhook-sequence',\n  'webhook-signature',\n  'webhook-timestamp',`,
    `  'webhook-sequence',\n  'webhook-timestamp',`,
  ],
  [
    'custom headers replace those of the connection',
    'webhooks/webhook-headers.ts',
    `  'transfer-encoding',\n`,
    ``,
  ],
  [
    'custom headers are from proxies',
    'webhooks/webhook-headers.ts',
    `reserved.has(lowerCase) || RESERVED_PREFIXES.some((prefix) => lowerCase.startsWith(prefix))`,
    `reserved.has(lowerCase)`,
  ],
  [
    'reserved headers are accepted in capitals',
    'webhooks/webhook-headers.ts',
    `const lowerCase = name.toLowerCase();`,
    `const lowerCase = name;`,
  ],
  [
    'a header has line breaks',
    'webhooks/webhook-headers.ts',
    `const VALUE = /^(?:[!-~](?:[ -~]*[!-~])?)?$/;`,
    `const VALUE = /^[^]*$/;`,
  ],
  [
    'input: a header is given twice',
    'webhooks/webhook-headers.ts',
    `const isRepeated = seen.has(name.toLowerCase());`,
    `const isRepeated = seen.has(name);`,
  ],
  [
    'input: headers have no maximum',
    'webhooks/webhook-headers.ts',
    `if (entries.length > max) context`,
    `if (entries.length > max * 100) context`,
  ],
  [
    'input: a retry schedule has any length',
    'webhooks/webhook-settings.ts',
    `.array(z.int().min(1).max(604_800))\n      .max(20)`,
    `.array(z.int().min(1).max(604_800))\n      .max(20_000)`,
  ],
  [
    'input: a timeout has any length',
    'webhooks/webhook-settings.ts',
    `      .min(1000)\n      .max(30_000)`,
    `      .min(1000)\n      .max(30_000_000)`,
  ],
  [
    'input: a webhook has no event types',
    'webhooks/destination.ts',
    `.array(subscriptionPattern)\n  .min(1)`,
    `.array(subscriptionPattern)\n  .min(0)`,
  ],
  [
    'years have five digits',
    'values/moment.ts',
    `time.getUTCFullYear() <= 9999`,
    `time.getUTCFullYear() <= 99_999`,
  ],
]);
