// The formats of docs/delivery-formats.md make requests that the vendors' own verification accepts.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { newSigningSecret } from '@posthorn/core';
import { createActiveWebhook } from '@posthorn/testkit';
import { useApi } from './use-api.js';
import { type SignedRequest, type Verifier, VERIFIERS } from './vendor-verifiers.js';

const api = useApi();

const GUIDE = readFileSync(path.resolve(import.meta.dirname, '../../../docs/delivery-formats.md'), 'utf8');

/** Returns the formats of the guide by vendor. */
function documentedFormats(): [vendor: string, format: unknown][] {
  const [section = ''] = /^## Formats of vendors\n[^]*?(?=^## )/m.exec(GUIDE) ?? [];
  return Array.from(
    section.matchAll(/^### (.+)\n[^]*?```json\n([^]*?)```/gm),
    ([, vendor = '', json = '']) => [vendor, JSON.parse(json)],
  );
}

/** Verifies as a receiver does, for which an exception is a wrong signature. */
async function isValid(verifier: Verifier, request: SignedRequest, secret: string): Promise<boolean> {
  try {
    return (await verifier(request, secret)) !== false;
  } catch {
    return false;
  }
}

const DATA = { id: 'in_1', object: 'event', note: 'Grüße & 100 % 😀', amount: 4200, of: { a: [1, null] } };

/** Sets the format of a new webhook, and returns the request with an event and what verifies it. */
async function sentWith(deliveryFormat: unknown): Promise<{ request: SignedRequest; secret: string }> {
  const receiver = await api.receiver();
  const url = `${receiver.url}hooks/a%20b?to=%C3%BC&a=1`;
  const { id } = await createActiveWebhook(api.admin, receiver, { url });
  const { body: key } = await api.admin.post(`/v1/webhooks/${id}/signing-keys`);
  expect(await api.admin.patch(`/v1/webhooks/${id}`, { deliveryFormat })).toMatchObject({ status: 200 });
  const { body: rotated } = await api.admin.post(`/v1/webhooks/${id}/secrets/rotate`, {});
  const sent = await api.admin.post(`/v1/webhooks/${id}/test`, {
    eventType: 'invoice.paid',
    data: { ...DATA, webhookTimestamp: Date.now() },
  });
  expect(sent).toMatchObject({ status: 200 });
  const { headers, body } = receiver.requests.at(-1) ?? { headers: {}, body: '' };
  const isEd25519 = JSON.stringify(deliveryFormat).includes('"ed25519"');
  return { request: { url, headers, body }, secret: isEd25519 ? hexOf(key.publicKey) : rotated.secret };
}

const hexOf = (publicKey: string): string =>
  Buffer.from(publicKey.replace('whpk_', ''), 'base64').toString('hex');

describe('the formats of vendors in the guide', () => {
  const formats = documentedFormats();

  it('are all verified', () => {
    expect(formats.map(([vendor]) => vendor).toSorted()).toEqual(Object.keys(VERIFIERS).toSorted());
  });

  it.each(formats)('%s accepts requests, and no changed ones', async (vendor, format) => {
    const verifier = VERIFIERS[vendor] ?? (() => false);
    const { request, secret } = await sentWith(format);
    expect(await isValid(verifier, request, secret)).toBe(true);
    expect(await isValid(verifier, { ...request, body: `${request.body}&more=1` }, secret)).toBe(false);
    const other = vendor === 'Discord' ? '00'.repeat(32) : newSigningSecret();
    expect(await isValid(verifier, request, other)).toBe(false);
  });

  it.each(['Square', 'HubSpot v3', 'Twilio'])('%s accepts requests for their URL only', async (vendor) => {
    const verifier = VERIFIERS[vendor] ?? (() => true);
    const { request, secret } = await sentWith(new Map(formats).get(vendor));
    const other = { ...request, url: 'https://other.example/' };
    expect(await isValid(verifier, other, secret)).toBe(false);
  });
});
