import { describe, expect, it } from '@jest/globals';
import { DEFAULT_TENANT_ID, encodeId, newId, valueDigest } from '@posthorn/core';
import type { Push } from '@posthorn/queue';
import { type Criteria, isErasedBy } from '../src/erase-pushes.js';

const PERSON = 'cus_4711';
const TENANT = newId();
const CALL = new Date('2026-02-01T00:00:00Z');

const ofTenant: Criteria = {
  tenantId: TENANT,
  externalId: 'acme',
  eventId: null,
  pointer: null,
  digest: null,
  coversUntil: CALL,
  isRepeat: false,
};
const ofPerson: Criteria = { ...ofTenant, pointer: '/customer/id', digest: valueDigest(PERSON) };

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

const isErased = (push: Push, erasure = ofPerson, addedAt = CALL) => isErasedBy(erasure)({ push, addedAt });

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

  it('covers pushes of any time, also scheduled ones, unless it is repeated', async () => {
    const after = new Date(CALL.getTime() + 1);
    expect(await isErased(job(about(PERSON)), ofPerson, after)).toBe(true);
    expect(await isErased(job(about(PERSON)), { ...ofPerson, isRepeat: true })).toBe(true);
    expect(await isErased(job(about(PERSON)), { ...ofPerson, isRepeat: true }, after)).toBe(false);
  });
});

describe('a purge', () => {
  it('covers all pushes of the tenant', async () => {
    const erasure = { ...ofTenant, isRepeat: true };
    const later = new Date(CALL.getTime() + 1);
    for (const push of [job({ data: {} }), job({ tenantId: 'ext:acme' }), entry('x')])
      expect(await isErasedBy(erasure)({ push, addedAt: later })).toBe(true);
    for (const push of [jobOfText('{}'), jobOfText('{'), entry('{}', 'default')])
      expect(await isErasedBy(erasure)({ push, addedAt: later })).toBe(false);
  });
});
