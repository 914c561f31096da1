// The mutations of docs/proofs.md: faults that the tests must detect.

/** A test file, and the beginning of the message of a test that fails. */
const test = (file, message) => ({ command: ['run', '--silent', 'jest', '--', file], message });
const chaos = (rounds, seed, message) => ({
  command: ['run', '--silent', 'chaos', '--', '--rounds', rounds, '--seed', seed],
  message,
});
const model = (sequences, seed, message) => ({
  command: ['run', '--silent', 'model', '--', '--sequences', sequences, '--seed', seed],
  message,
});

/**
 * Each edit replaces a text that occurs once in its file.
 *
 * @type {{ name: string, edits: { file: string, from: string, to: string }[], detectedBy: { command: string[], message: RegExp }[] }[]}
 */
export const MUTATIONS = [
  {
    name: 'the epoch is not copied to the delivery',
    edits: [
      {
        file: 'packages/database/src/events/accept-statement.ts',
        from: 'now(), epoch${hasSequences',
        to: 'now(), 0${hasSequences',
      },
      {
        file: 'packages/database/src/events/accept-one-statement.ts',
        from: 'now(), epoch FROM matched',
        to: 'now(), 0 FROM matched',
      },
    ],
    detectedBy: [
      test('packages/database/test/accept-events.test.ts', /copies the epoch/),
      chaos('1', '14', /FAIL +accepted and lost/),
    ],
  },
  {
    name: 'suspend and delete do not wait for the barrier',
    edits: [
      {
        file: 'apps/admin-api/src/webhooks/stop-requests.ts',
        from: 'await sleep(Math.max(committedAtMs + barrierMs - performance.now(), 0));',
        to: 'await sleep(Math.min(committedAtMs, 0));',
      },
    ],
    detectedBy: [
      test('apps/admin-api/test/lifecycle.test.ts', /is suspended after the barrier/),
      model('150', '11', /started \d+ ms too late/),
    ],
  },
  {
    name: 'a worker sends on state of any age',
    edits: [
      {
        file: 'packages/core/src/delivery/read-freshness.ts',
        from: 'isFresh: () => isWithin(MAX_READ_AGE_MS,',
        to: 'isFresh: () => isWithin(MAX_READ_AGE_MS * 1e9,',
      },
    ],
    detectedBy: [
      test('packages/core/test/delivery/read-freshness.test.ts', /is fresh until the read reaches/),
      chaos('6', '3', /FAIL +sent while suspended or after deletion/),
    ],
  },
  {
    name: 'the gate ignores that the tenant is suspended',
    edits: [
      {
        file: 'packages/core/src/delivery/stop-reason.ts',
        from: `if (webhook.tenantStatus === 'active') return null;`,
        to: `if (webhook.tenantStatus !== 'deleted') return null;`,
      },
    ],
    detectedBy: [
      test('packages/core/test/tenant/lifecycle.test.ts', /stops a delivery of a tenant that is suspended/),
      test('packages/database/test/tenant-lifecycle.test.ts', /is not sent, neither then nor after/),
    ],
  },
  {
    name: 'there is no reconciler',
    edits: [
      {
        file: 'apps/producer/src/reconciliation/reconciler.ts',
        from: 'if (performance.now() < nextSweepAtMs && isPopulated) return;',
        to: 'if (performance.now() < nextSweepAtMs + Infinity) return;',
      },
    ],
    detectedBy: [
      test('apps/producer/test/reconciler.test.ts', /enqueues every pending delivery after Redis/),
      chaos('3', '3191', /FAIL +(?:accepted and lost|everything settled)/),
    ],
  },
  {
    name: 'the job completes before the outcome is recorded',
    edits: [
      {
        file: 'apps/worker/src/deliver/deliver.ts',
        from: 'const recorded = await deps.store.record(toRecord, () => permit.detach(0));',
        to: 'void deps.store.record(toRecord, () => permit.detach(0));\n  const recorded: TaskResult = DONE;',
      },
    ],
    detectedBy: [test('apps/worker/test/deliver/deliver.test.ts', /is retried after 5 s/)],
  },
  {
    name: 'idempotencyKey is ignored',
    edits: [
      {
        file: 'apps/admin-api/src/events/publish.ts',
        from: 'idempotencyKey: body.idempotencyKey ?? idempotencyKey,',
        to: 'idempotencyKey: (body.idempotencyKey ?? idempotencyKey) && null,',
      },
    ],
    detectedBy: [
      test(
        'apps/admin-api/test/idempotency.test.ts',
        /publishes once, with the key in the body or in a header/,
      ),
    ],
  },
  {
    name: 'pushes match regardless of activeSince',
    edits: ['WHERE (NOT e.pushed OR w.active_since', 'WHERE NOT e.pushed OR w.active_since'].map((from) => ({
      file: 'packages/database/src/events/accept-statement.ts',
      from,
      to: from.replace('NOT e.pushed', 'true'),
    })),
    detectedBy: [model('60', '5', /which is forbidden/)],
  },
  {
    name: 'a worker sends to the staged URL',
    edits: [
      {
        file: 'packages/database/src/webhooks/request-webhook.ts',
        from: "coalesce(w.url, '')",
        to: 'coalesce(w.pending_url, w.url)',
      },
    ],
    detectedBy: [model('60', '11', /arrived at URL \d+ of webhook/)],
  },
  {
    name: 'a delivery does not wait for the ones before it in its chain',
    edits: [
      {
        file: 'packages/database/src/deliveries/chain.ts',
        from: '(${alias}.chain IS NULL OR NOT EXISTS (',
        to: '(true OR NOT EXISTS (',
      },
    ],
    detectedBy: [
      test('packages/database/test/chained-deliveries.test.ts', /reads the place of a delivery in its chain/),
      model('60', '11', /number \d+ arrived (?:after|while) number/),
    ],
  },
  {
    name: 'another event with a used idempotency key counts as a repeat',
    edits: [
      {
        file: 'packages/database/src/events/find-duplicates.ts',
        from: 'coalesce(k.digest <> i.digest, false) AS "isOtherEvent"',
        to: 'false AS "isOtherEvent"',
      },
    ],
    detectedBy: [
      test(
        'apps/admin-api/test/idempotency.test.ts',
        /rejects another event with the key, and keeps the first one/,
      ),
    ],
  },
  {
    name: 'a retry keeps the previous epoch',
    edits: [
      {
        file: 'packages/database/src/deliveries/retry-delivery.ts',
        from: `epoch: 'webhook_epoch'`,
        to: `epoch: 'removed.epoch'`,
      },
    ],
    detectedBy: [model('60', '11', /required, requests interrupted, delivery dropped/)],
  },
  {
    name: 'PATCH of a URL replaces it at once',
    edits: [
      {
        file: 'packages/core/src/webhook/lifecycle.ts',
        from: `if (webhook.status === 'pending_validation') return { ...webhook, url };`,
        to: `if (webhook.status !== 'deleted') return { ...webhook, url };`,
      },
    ],
    detectedBy: [model('60', '11', /webhook 0 .* is \{/)],
  },
];
