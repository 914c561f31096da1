import { mutantsIn } from './tool/mutants-in.mjs';

export default mutantsIn('packages/fanout/src', [
  [
    'the quota of a tenant is used forever',
    'quotas/event-quota-cache.ts',
    `if (entry && ageMs < FRESH_MS) return entry.quotas;`,
    `if (entry) return entry.quotas;`,
  ],
  [
    'an outdated quota applies',
    'quotas/event-quota-cache.ts',
    `if (!entry || ageMs >= MAX_AGE_MS) return reading;`,
    `if (!entry) return reading;`,
  ],
  [
    'a push takes the turn of another',
    'quotas/event-rate-script.ts',
    `tokens >= 1 and (kind ~= 'push' or turn <= now)`,
    `tokens >= 1`,
  ],
  [
    'a lease is used forever',
    'quotas/event-rates.ts',
    `return rate && nowMs < rate.leaseEndMs ? rate.tokens : 0;`,
    `return rate ? rate.tokens : 0;`,
  ],
  ['a lease is used twice', 'quotas/event-rates.ts', `        rate.tokens -= request.events;\n`, ``],
  [
    'events are accepted over the rate',
    'quotas/publish-quotas.ts',
    `if (refusal) throw rateExceeded(refusal);`,
    ``,
  ],
  [
    'the size of the events of a tenant has no quota',
    'quotas/publish-quotas.ts',
    `for (const event of events) event.maxBytes = eventBytes;`,
    `void eventBytes;`,
  ],
  [
    'a later event of a call overtakes a deferred one',
    'rules/evaluate.ts',
    `isCandidate(result) && deferring.has(call) ? DEFERRED_AS_ORDERED : result`,
    `isCandidate(result) && deferring.size < 0 ? DEFERRED_AS_ORDERED : result`,
  ],
  [
    'later parts of a call overtake deferred events',
    'rules/evaluate.ts',
    `if (result && isDeferred(result)) call.hasDeferred = true;`,
    ``,
  ],
  [
    'events of deleted tenants are accepted',
    'rules/evaluate.ts',
    `    case 'deleted':\n      return rejection('tenant_deleted', 'The tenant is deleted.');`,
    `    case 'deleted':\n      return null;`,
  ],
  [
    'events of unknown tenants are accepted',
    'rules/evaluate.ts',
    `return tenantId === DEFAULT_TENANT_ID ? null : rejection('unknown_tenant', 'Tenant not found.');`,
    `return null;`,
  ],
  [
    'events that violate their schema are accepted',
    'rules/evaluate.ts',
    `  if (first) {\n`,
    `  if (first && errors.length > 1e6) {\n`,
  ],
  [
    'events of any size are accepted',
    'rules/evaluate.ts',
    `if (bytes > MAX_EVENT_BYTES)`,
    `if (bytes > MAX_EVENT_BYTES * 1000)`,
  ],
  [
    'an event of a refused key is stored',
    'rules/evaluate.ts',
    `const result = refusalOf(pending.event) ?? evaluateEvent`,
    `const result = evaluateEvent`,
  ],
  [
    'a refused key counts as active',
    'events/key-checks.ts',
    `if (isRefused) event.keyCheck.state = 'refused';`,
    `if (isRefused) event.keyCheck.state = 'active';`,
  ],
  [
    'keys that were not checked count as active',
    'events/key-checks.ts',
    `else if (refusedKeyIds.length === 0) event.keyCheck.state = 'active';`,
    `else event.keyCheck.state = 'active';`,
  ],
  [
    'a call of several events says that nothing was stored',
    'accept/accept.ts',
    `eventCount === 1 && hadNoEffect(code)`,
    `hadNoEffect(code)`,
  ],
]);
