import { beforeEach, describe, expect, it } from '@jest/globals';
import { DEFAULT_TENANT_ID, encodeId, newId, valueDigest } from '@posthorn/core';
import type { Push } from '@posthorn/queue';
import { erasuresOfPush, type PushErasure } from '../src/erasures/erase-pushes.js';

const PERSON = 'cus_4711';
const TENANT = newId();
const CALL = new Date('2026-02-01T00:00:00Z');

const ofTenant: PushErasure = {
  id: 'tenant',
  tenantId: TENANT,
  externalId: 'acme',
  eventId: null,
  pointer: null,
  digest: null,
  coversUntil: CALL,
  isRepeat: false,
};
const ofPerson: PushErasure = {
  ...ofTenant,
  id: 'person',
  pointer: '/customer/id',
  digest: valueDigest(PERSON),
};

const base = { id: 'events:1:2', pushedAt: CALL, type: 'a.b' };
const jobOfText = (payload: string, more: Partial<Push> = {}): Push =>
  ({ ...base, source: 'queue', payload, ...more }) as Push;
const job = (fields: object) =>
  jobOfText(JSON.stringify({ tenantId: encodeId('tenant', TENANT), ...fields }));
const entry = (data: string, tenant = encodeId('tenant', TENANT)): Push => ({
  ...base,
  source: 'stream',
  payload: { data, tenant },
});

const about = (id: unknown) => ({ data: { customer: { id } } });
const text = (id: unknown) => JSON.stringify(about(id).data);

const after = (ms: number) => new Date(CALL.getTime() + ms);
const HOUR_MS = 3_600_000;

/** When Redis is looked at. */
let now = CALL;
beforeEach(() => {
  now = CALL;
});

const erasuresOf = (push: Push, erasures: PushErasure[], addedAt = CALL) =>
  erasuresOfPush(erasures, () => now.getTime())({ push, addedAt });
const isErased = async (push: Push, erasure = ofPerson, addedAt = CALL) =>
  (await erasuresOf(push, [erasure], addedAt)).length > 0;

describe('an erasure of a person', () => {
  it.each<[string, Push]>([
    ['a job', job(about(PERSON))],
    ['a job with a list', job(about(['other', PERSON]))],
    ['an entry', entry(text(PERSON))],
    ['an invalid job', job({ ...about({ nested: [PERSON] }), unknown: 1 })],
    ['a job that is rejected for its external id', job({ ...about(PERSON), tenantId: 'ext:acme' })],
    ['an entry that is not JSON', entry(`{"customer":{"id":"${PERSON}"`)],
    ['an entry that is cut within a text', entry('{"customer":{"id":"cus_47')],
  ])('covers %s', async (_name, push) => {
    expect(await isErased(push)).toBe(true);
  });

  it.each<[string, Push]>([
    ['of another person', job(about('cus_other'))],
    ['of another tenant', job({ ...about(PERSON), tenantId: encodeId('tenant', newId()) })],
    ['of the default tenant', jobOfText(JSON.stringify(about(PERSON)))],
    ['with the value elsewhere', job({ data: { note: PERSON } })],
    ['of another external id', job({ ...about(PERSON), tenantId: 'ext:other' })],
    ['whose data is not stored, because its tenant is unknown', jobOfText(`{"data":"${PERSON}"`)],
    ['of another person, invalid', job({ ...about('cus_other'), unknown: 1 })],
  ])('leaves a push %s', async (_name, push) => {
    expect(await isErased(push)).toBe(false);
  });

  it('covers pushes of the default tenant, which need not name it', async () => {
    const erasure = { ...ofPerson, tenantId: DEFAULT_TENANT_ID, externalId: null };
    expect(await isErased(jobOfText(JSON.stringify(about(PERSON))), erasure)).toBe(true);
    expect(await isErased(job(about(PERSON)), erasure)).toBe(false);
    expect(await isErased(job({ ...about(PERSON), tenantId: 'ext:acme' }), erasure)).toBe(false);
  });

  it('covers pushes of any time, whatever the clocks of publishers say', async () => {
    for (const addedAt of [after(-1), after(1), after(HOUR_MS), after(48 * HOUR_MS)])
      expect(await isErased(job(about(PERSON)), ofPerson, addedAt)).toBe(true);
  });

  it('leaves those that are from long after the call, if it has waited', async () => {
    now = after(5 * HOUR_MS);
    expect(await isErased(job(about(PERSON)), ofPerson, CALL)).toBe(true);
    expect(await isErased(job(about(PERSON)), ofPerson, after(HOUR_MS))).toBe(true);
    expect(await isErased(job(about(PERSON)), ofPerson, after(HOUR_MS + 1))).toBe(false);
    expect(await isErased(job(about(PERSON)), ofPerson, now)).toBe(false);
    // The clock of its publisher is wrong, so it may be from before the call.
    expect(await isErased(job(about(PERSON)), ofPerson, after(5 * HOUR_MS + 1))).toBe(true);
  });

  it('covers what the first one did, if it is repeated', async () => {
    const repeated = { ...ofPerson, isRepeat: true };
    expect(await isErased(job(about(PERSON)), repeated)).toBe(true);
    for (const addedAt of [after(1), after(48 * HOUR_MS)])
      expect(await isErased(job(about(PERSON)), repeated, addedAt)).toBe(false);
  });
});

it('finds all erasures of a push', async () => {
  const others = [
    { ...ofPerson, id: 'other person', digest: valueDigest('cus_other') },
    { ...ofTenant, id: 'other tenant', tenantId: newId(), externalId: null },
  ];
  const erasures = [ofPerson, ...others, ofTenant];
  expect(await erasuresOf(job(about(PERSON)), erasures)).toEqual(['person', 'tenant']);
  expect(await erasuresOf(job(about([PERSON, 'cus_other'])), erasures)).toEqual([
    'person',
    'other person',
    'tenant',
  ]);
});

describe('a purge', () => {
  it('covers all pushes of the tenant', async () => {
    now = after(5 * HOUR_MS);
    const erasure = { ...ofTenant, isRepeat: true };
    for (const push of [job({ data: {} }), job({ tenantId: 'ext:acme' }), entry('x')])
      expect(await isErased(push, erasure, now)).toBe(true);
    for (const push of [jobOfText('{}'), jobOfText('{'), entry('{}', 'default')])
      expect(await isErased(push, erasure, now)).toBe(false);
  });
});
