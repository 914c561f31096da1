import { mutantsIn } from './tool/mutants-in.mjs';

export default mutantsIn('packages/runtime/src', [
  ['credentials are logged', 'redact.ts', `    .replace(CREDENTIAL, REDACTED);`, `;`],
  [
    'passwords of servers are logged',
    'redact.ts',
    `.replace(SERVER_URL, (_, scheme: string, rest: string) => scheme + withoutUserInfo(rest))`,
    ``,
  ],
  [
    'fields with secrets are logged',
    'redact.ts',
    `if (SECRET_KEY.test(key) && value !== null && value !== undefined) return REDACTED;`,
    ``,
  ],
  [
    'causes of errors are logged as they are',
    'redact.ts',
    `{ cause: redact(error.cause) }`,
    `{ cause: error.cause }`,
  ],
  [
    'a failed task ends',
    'every.ts',
    `const foundWork = await work().catch(onError);`,
    `const foundWork = await work();`,
  ],
  [
    'a task that is woken waits',
    'every.ts',
    `schedule(Math.max(intervalMs - elapsedMs, 0));`,
    `schedule(Math.max(maxIntervalMs - elapsedMs, 0));`,
  ],
  ['a stopped task continues', 'every.ts', `    if (stopped) return;\n`, ``],
  ['parts stop in the order of their start', 'parts.ts', `this.#groups.toReversed()`, `this.#groups`],
  [
    'a part that fails keeps others from stopping',
    'parts.ts',
    `await Promise.allSettled(group.map(async (part) => part.stop(deadline)))`,
    `(await Promise.all(group.map(async (part) => part.stop(deadline)))).map((value) => ({ status: 'fulfilled' as const, value, reason: undefined }))`,
  ],
  [
    'unknown settings are ignored',
    'config/read-config.ts',
    `name.startsWith('POSTHORN_') && !KNOWN.has(name)`,
    `name.startsWith('POSTHORN_') && name === ''`,
  ],
  ['secrets are printed', 'config/read-config.ts', `field.secret && text !== '' ? '(set)' : text`, `text`],
  ['a number has no bounds', 'config/field.ts', `value >= min && value <= max`, `value >= min`],
  ['an encryption key is too short', 'config/field.ts', `/^[A-Za-z0-9+/]{43}=$/`, `/^[A-Za-z0-9+/]{3,43}=$/`],
  [
    'an encryption key is repeated',
    'config/field.ts',
    `new Set(keys).size === keys.length`,
    `new Set(keys).size <= keys.length`,
  ],
  [
    'a secret and its file are both accepted',
    'config/secret-files.ts',
    `env[field.env] ? { problem:`,
    `env[field.env] === '' ? { problem:`,
  ],
  [
    'a file of any size is a secret',
    'config/secret-files.ts',
    `if (content.length > MAX_BYTES) return`,
    `if (content.length > MAX_BYTES * 2) return`,
  ],
  [
    'metrics need no token',
    'health-server.ts',
    `if (!isMetricsToken(config.metricsToken, authorization)) {`,
    `if (config.metricsToken === '') {`,
  ],
  [
    'a service without its servers is ready',
    'health-server.ts',
    `if (!(await settlesWithin(ready, HEALTH_CHECK_TIMEOUT_MS))) return text(503, 'unavailable');`,
    `void ready.catch(() => {});`,
  ],
  [
    'a process that fails is restarted without a pause',
    'supervision/supervised-process.ts',
    `this.#delayMs = Math.min(this.#delayMs * 2, MAX_DELAY_MS);`,
    `this.#delayMs = 1;`,
  ],
  [
    'lines of one kind are not limited',
    'line-limiter.ts',
    `lines && nowMs - lines.loggedAtMs < this.#intervalMs`,
    `lines && nowMs < lines.loggedAtMs`,
  ],
]);
