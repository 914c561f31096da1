import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import {
  type LifecycleCommand,
  SUSPENDERS,
  transition,
  validationTarget,
  type WebhookLifecycle,
  type WebhookStatus,
} from '../../src/index.js';

const BEFORE = new Date('2026-01-01T00:00:00Z');
const NOW = new Date('2026-02-01T00:00:00Z');
const OLD_URL = 'https://old.example/';
const NEW_URL = 'https://new.example/';

const fresh: WebhookLifecycle = {
  status: 'pending_validation',
  delivery: 'push',
  url: OLD_URL,
  pendingUrl: null,
  epoch: 0,
  sentFromEpoch: 0,
  activeSince: null,
  validatedAt: null,
  attestedAt: null,
  attestedUrl: null,
  attestedByName: null,
  attestReason: null,
  suspendedAt: null,
  suspendReason: null,
  suspendedBy: null,
  suspendedByName: null,
  deletedAt: null,
};
const active: WebhookLifecycle = {
  ...fresh,
  status: 'active',
  epoch: 4,
  activeSince: BEFORE,
  validatedAt: BEFORE,
};
const suspended: WebhookLifecycle = {
  ...active,
  status: 'suspended',
  epoch: 5,
  suspendedAt: BEFORE,
  suspendReason: 'requested',
  suspendedBy: 'operator',
  suspendedByName: 'ops',
};
const deleted: WebhookLifecycle = { ...active, status: 'deleted', epoch: 6, deletedAt: BEFORE };

const confirm: LifecycleCommand = { type: 'confirm_validation' };
const attest: LifecycleCommand = { type: 'attest', reason: 'receives since 2024', byName: 'ops' };
const changeUrl: LifecycleCommand = { type: 'change_url', url: NEW_URL };
const changeBack: LifecycleCommand = { type: 'change_url', url: OLD_URL };
const suspend: LifecycleCommand = { type: 'suspend', reason: 'noisy', by: 'tenant', byName: 'a key' };
const reactivate: LifecycleCommand = { type: 'reactivate' };
const remove: LifecycleCommand = { type: 'delete' };
const setPull: LifecycleCommand = { type: 'set_pull' };

const attested: WebhookLifecycle = {
  ...active,
  validatedAt: null,
  attestedAt: BEFORE,
  attestedUrl: OLD_URL,
  attestedByName: 'ops',
  attestReason: 'receives since 2024',
};
const ATTESTATION = { attestedAt: NOW, attestedByName: 'ops', attestReason: 'receives since 2024' };

const WITHOUT_URL = { delivery: 'pull', url: null, pendingUrl: null, validatedAt: null } as const;
const pulled: WebhookLifecycle = { ...active, ...WITHOUT_URL };
const pulledSuspended: WebhookLifecycle = { ...suspended, ...WITHOUT_URL };
const NEW_LIFE = { delivery: 'push', url: NEW_URL, status: 'pending_validation', activeSince: null } as const;
const NOT_SUSPENDED = { suspendedAt: null, suspendReason: null, suspendedBy: null, suspendedByName: null };

const staged = { ...active, pendingUrl: NEW_URL };
const stagedSuspended = { ...suspended, pendingUrl: NEW_URL };

/** The changed fields, or 'rejected'. */
type Expected = Partial<WebhookLifecycle> | 'rejected';

const TABLE: [name: string, from: WebhookLifecycle, command: LifecycleCommand, expected: Expected][] = [
  ['a new webhook', fresh, confirm, { status: 'active', activeSince: NOW, validatedAt: NOW }],
  [
    'a new webhook',
    fresh,
    attest,
    { status: 'active', activeSince: NOW, ...ATTESTATION, attestedUrl: OLD_URL },
  ],
  ['a new webhook', fresh, changeUrl, { url: NEW_URL }],
  ['a new webhook', fresh, suspend, 'rejected'],
  ['a new webhook', fresh, reactivate, 'rejected'],
  ['a new webhook', fresh, remove, { status: 'deleted', epoch: 1, deletedAt: NOW }],

  ['an active webhook', active, confirm, 'rejected'],
  ['an active webhook', active, attest, 'rejected'],
  ['an active webhook', active, changeUrl, { pendingUrl: NEW_URL }],
  ['an active webhook', active, changeBack, {}],
  [
    'an active webhook',
    active,
    suspend,
    {
      status: 'suspended',
      epoch: 5,
      suspendedAt: NOW,
      suspendReason: 'noisy',
      suspendedBy: 'tenant',
      suspendedByName: 'a key',
    },
  ],
  ['an active webhook', active, reactivate, 'rejected'],
  ['an active webhook', active, remove, { status: 'deleted', epoch: 5, deletedAt: NOW }],

  ['a new URL of an active webhook', staged, confirm, { url: NEW_URL, pendingUrl: null, validatedAt: NOW }],
  ['a new URL of an active webhook', staged, changeBack, { pendingUrl: null }],
  [
    'a new URL of an active webhook',
    staged,
    remove,
    { status: 'deleted', epoch: 5, pendingUrl: null, deletedAt: NOW },
  ],

  [
    'a new URL of an active webhook',
    staged,
    attest,
    { url: NEW_URL, pendingUrl: null, validatedAt: null, ...ATTESTATION, attestedUrl: NEW_URL },
  ],

  ['an attested webhook', attested, confirm, { validatedAt: NOW }],
  ['an attested webhook', attested, attest, 'rejected'],

  ['a suspended webhook', suspended, confirm, 'rejected'],
  ['a suspended webhook', suspended, attest, 'rejected'],
  ['a suspended webhook', suspended, changeUrl, { pendingUrl: NEW_URL }],
  ['a suspended webhook', suspended, suspend, 'rejected'],
  [
    'a suspended webhook',
    suspended,
    reactivate,
    {
      status: 'active',
      epoch: 6,
      activeSince: NOW,
      suspendedAt: null,
      suspendReason: null,
      suspendedBy: null,
      suspendedByName: null,
    },
  ],
  ['a suspended webhook', suspended, remove, { status: 'deleted', epoch: 6, deletedAt: NOW }],
  [
    'a new URL of a suspended webhook',
    stagedSuspended,
    confirm,
    { url: NEW_URL, pendingUrl: null, validatedAt: NOW },
  ],

  ['a new webhook', fresh, setPull, { status: 'active', activeSince: NOW, ...WITHOUT_URL }],
  ['an active webhook', active, setPull, 'rejected'],
  ['a suspended webhook', suspended, setPull, WITHOUT_URL],
  ['a new URL of a suspended webhook', stagedSuspended, setPull, WITHOUT_URL],
  ['a pull webhook', pulled, setPull, {}],
  ['a pull webhook', pulled, confirm, 'rejected'],
  ['a pull webhook', pulled, attest, 'rejected'],
  ['a pull webhook', pulled, changeUrl, { ...NEW_LIFE, epoch: 5 }],
  ['a suspended pull webhook', pulledSuspended, changeUrl, { ...NEW_LIFE, epoch: 6, ...NOT_SUSPENDED }],
  [
    'a suspended pull webhook',
    pulledSuspended,
    reactivate,
    { status: 'active', epoch: 6, activeSince: NOW, ...NOT_SUSPENDED },
  ],

  ['a deleted webhook', deleted, confirm, 'rejected'],
  ['a deleted webhook', deleted, attest, 'rejected'],
  ['a deleted webhook', deleted, changeUrl, 'rejected'],
  ['a deleted webhook', deleted, suspend, 'rejected'],
  ['a deleted webhook', deleted, reactivate, 'rejected'],
  ['a deleted webhook', deleted, remove, 'rejected'],
  ['a deleted webhook', deleted, setPull, 'rejected'],
];

describe('transition', () => {
  it.each(TABLE)('%s: case %#', (_name, from, command, expected) => {
    expect(transition(from, command, NOW)).toEqual(
      expected === 'rejected'
        ? { ok: false, status: from.status, command: command.type }
        : { ok: true, next: { ...from, ...expected } },
    );
  });

  it('is tested for each command in each state', () => {
    const covered = new Set(TABLE.map(([, from, command]) => `${from.status} ${command.type}`));
    expect(covered.size).toBe(4 * 7);
  });
});

describe('validationTarget', () => {
  it.each<[WebhookStatus, string | null, string | null]>([
    ['pending_validation', null, OLD_URL],
    ['active', null, null],
    ['active', NEW_URL, NEW_URL],
    ['suspended', null, null],
    ['suspended', NEW_URL, NEW_URL],
    ['deleted', NEW_URL, null],
  ])('of a webhook with status %s and pending URL %s is %s', (status, pendingUrl, target) => {
    expect(validationTarget({ status, url: OLD_URL, pendingUrl, validatedAt: BEFORE })).toBe(target);
  });

  it.each<[WebhookStatus, string | null, string | null]>([
    ['active', null, OLD_URL],
    ['active', NEW_URL, NEW_URL],
    ['suspended', null, OLD_URL],
    ['deleted', null, null],
  ])('of an attested webhook with status %s and pending URL %s is %s', (status, pendingUrl, target) => {
    expect(validationTarget({ status, url: OLD_URL, pendingUrl, validatedAt: null })).toBe(target);
  });
});

const anyCommand: fc.Arbitrary<LifecycleCommand> = fc.oneof(
  fc.constant<LifecycleCommand>({ type: 'confirm_validation' }),
  fc.record({ type: fc.constant('attest' as const), reason: fc.string(), byName: fc.string() }),
  fc.record({
    type: fc.constant('change_url' as const),
    url: fc.constantFrom('https://a/', 'https://b/', OLD_URL),
  }),
  fc.record({
    type: fc.constant('suspend' as const),
    reason: fc.string(),
    by: fc.constantFrom(...SUSPENDERS),
    byName: fc.option(fc.string()),
  }),
  fc.constant<LifecycleCommand>({ type: 'reactivate' }),
  fc.constant<LifecycleCommand>({ type: 'delete' }),
  fc.constant<LifecycleCommand>({ type: 'set_pull' }),
);
// A webhook cannot leave the state deleted, so most sequences do not delete.
const commands = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.array(
      anyCommand.filter((command) => command.type !== 'delete'),
      { maxLength: 40 },
    ),
  },
  { weight: 1, arbitrary: fc.array(anyCommand, { maxLength: 40 }) },
);

/** Applies commands one second apart. Calls `check` after each command that is allowed. */
function applyAll(
  sequence: readonly LifecycleCommand[],
  check: (step: {
    before: WebhookLifecycle;
    after: WebhookLifecycle;
    command: LifecycleCommand;
    now: Date;
  }) => void,
): WebhookLifecycle {
  return sequence.reduce((before, command, index) => {
    const now = new Date(BEFORE.getTime() + index * 1000);
    const result = transition(before, command, now);
    if (!result.ok) return before;
    check({ before, after: result.next, command, now });
    return result.next;
  }, fresh);
}

const getsUrl = (before: WebhookLifecycle, after: WebhookLifecycle): boolean =>
  before.url === null && after.url !== null;

describe('any sequence of commands', () => {
  it('increments the epoch at suspend, reactivate and delete, and when a pull webhook gets a URL', () => {
    fc.assert(
      fc.property(commands, (sequence) => {
        applyAll(sequence, ({ before, after, command }) => {
          const isIncremented =
            ['suspend', 'reactivate', 'delete'].includes(command.type) || getsUrl(before, after);
          expect(after.epoch).toBe(before.epoch + (isIncremented ? 1 : 0));
        });
      }),
    );
  });

  it('sets activeSince only when the webhook becomes active, and resets it when it gets a URL', () => {
    fc.assert(
      fc.property(commands, (sequence) => {
        applyAll(sequence, ({ before, after, now }) => {
          const becameActive = before.status !== 'active' && after.status === 'active';
          const kept = getsUrl(before, after) ? null : before.activeSince;
          expect(after.activeSince).toEqual(becameActive ? now : kept);
        });
      }),
    );
  });

  it('never activates a URL that was neither validated nor attested', () => {
    fc.assert(
      fc.property(commands, (sequence) => {
        const validatedUrls = new Set<string>();
        applyAll(sequence, ({ before, after, command }) => {
          const target = validationTarget(before);
          const agrees = command.type === 'confirm_validation' || command.type === 'attest';
          if (agrees && target !== null) validatedUrls.add(target);
          if (after.url === null) return;
          if (after.status !== 'pending_validation' && before.status !== 'pending_validation') {
            expect(validatedUrls).toContain(after.url);
          }
          if (after.status === 'active') expect(validatedUrls).toContain(after.url);
        });
      }),
      { examples: [[[confirm, changeUrl, suspend, confirm, reactivate]]] },
    );
  });

  it('never leaves deleted, and keeps its timestamps consistent with its status', () => {
    fc.assert(
      fc.property(commands, (sequence) => {
        applyAll(sequence, ({ before, after, command, now }) => {
          expect(before.status).not.toBe('deleted');
          expect(after.status === 'suspended').toBe(after.suspendedAt !== null && after.status !== 'deleted');
          expect(after.deletedAt).toEqual(command.type === 'delete' ? now : null);
          const isAgreed = after.validatedAt !== null || after.attestedAt !== null;
          if (after.activeSince !== null) expect(isAgreed || after.delivery === 'pull').toBe(true);
          if (after.status === 'active') expect(after.activeSince).not.toBeNull();
          expect(after.url === null).toBe(after.delivery === 'pull');
          if (before.attestedAt !== null) expect(after.attestedAt).not.toBeNull();
          if (after.url !== null) expect(after.pendingUrl).not.toBe(after.url);
        });
      }),
    );
  });

  it('agrees with a minimal model', () => {
    const transitions: Record<string, WebhookStatus> = {
      'pending_validation confirm_validation': 'active',
      'pending_validation attest': 'active',
      'pending_validation set_pull': 'active',
      'active suspend': 'suspended',
      'suspended reactivate': 'active',
    };
    fc.assert(
      fc.property(commands, (sequence) => {
        let isPull = false;
        const expected = sequence.reduce<WebhookStatus>((status, { type }) => {
          if (type === 'delete' || status === 'deleted') return 'deleted';
          if (type === 'change_url' && isPull) {
            isPull = false;
            return 'pending_validation';
          }
          if (type === 'set_pull' && status !== 'active') isPull = true;
          return transitions[`${status} ${type}`] ?? status;
        }, 'pending_validation');
        expect(applyAll(sequence, () => {}).status).toBe(expected);
      }),
    );
  });
});

const setShadow = (webhook: WebhookLifecycle, shadow: boolean) =>
  transition(webhook, { type: 'set_shadow', shadow }, NOW);

describe('a shadow', () => {
  it('of an active webhook begins and ends with a new epoch, and is not retroactive', () => {
    const begun = { ...active, epoch: 5, sentFromEpoch: null, activeSince: NOW };
    expect(setShadow(active, true)).toEqual({ ok: true, next: begun });
    expect(setShadow(begun, true)).toEqual({ ok: true, next: begun });
    expect(setShadow(begun, false)).toEqual({ ok: true, next: { ...begun, epoch: 6, sentFromEpoch: 6 } });
    expect(setShadow(active, false)).toEqual({ ok: true, next: active });
  });

  it('is set on a webhook that is not active without another change', () => {
    for (const webhook of [fresh, suspended]) {
      const begun = { ...webhook, sentFromEpoch: null };
      expect(setShadow(webhook, true)).toEqual({ ok: true, next: begun });
      expect(setShadow(begun, false)).toEqual({
        ok: true,
        next: { ...webhook, sentFromEpoch: webhook.epoch },
      });
    }
  });

  it('stays one when it is suspended and reactivated', () => {
    const shadow = { ...suspended, sentFromEpoch: null };
    expect(transition(shadow, reactivate, NOW)).toMatchObject({
      next: { status: 'active', sentFromEpoch: null },
    });
  });

  it('is refused for a deleted webhook', () => {
    expect(setShadow(deleted, true)).toMatchObject({ ok: false, status: 'deleted' });
  });
});
