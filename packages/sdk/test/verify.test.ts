import { describe, expect, it } from '@jest/globals';
import { base64Secret, newSigningSecret, signatureHeaders } from '@posthorn/core';
import * as fc from 'fast-check';
import { verify, WebhookVerificationError } from '../src/webhooks.js';

const SECRET = newSigningSecret();
const OTHER = newSigningSecret();
const EVENT = {
  id: 'evt_1',
  type: 'invoice.paid',
  timestamp: '2026-01-31T12:00:00.000Z',
  data: { who: 'Zoë' },
};
const BODY = JSON.stringify(EVENT);

/** Signs as the workers do. */
const signed = (secrets: string[] = [SECRET], timestamp: Date = new Date(), body: string = BODY) =>
  signatureHeaders({
    id: EVENT.id,
    timestamp,
    body,
    keys: { secrets: secrets.map(base64Secret), privateKeys: [] },
  });

describe('verify', () => {
  it('returns the event, with the headers of fetch or of Node', () => {
    const headers = signed();
    expect(verify(BODY, headers, SECRET)).toEqual(EVENT);
    expect(verify(BODY, new Headers(headers), SECRET)).toEqual(EVENT);
    const capitals = Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]);
    expect(verify(BODY, { ...Object.fromEntries(capitals), 'set-cookie': ['a', 'b'] }, SECRET)).toEqual(
      EVENT,
    );
  });

  it('accepts the body as bytes', () => {
    expect(verify(Buffer.from(BODY), signed(), SECRET)).toEqual(EVENT);
    expect(verify(new TextEncoder().encode(BODY), signed(), SECRET)).toEqual(EVENT);
  });

  it('accepts either secret during a rotation', () => {
    expect(verify(BODY, signed([SECRET, OTHER]), SECRET)).toEqual(EVENT);
    expect(verify(BODY, signed([SECRET, OTHER]), OTHER)).toEqual(EVENT);
    expect(verify(BODY, signed([OTHER]), [SECRET, OTHER])).toEqual(EVENT);
    expect(verify(BODY, signed([SECRET]), [SECRET, OTHER])).toEqual(EVENT);
  });

  it('rejects the signature of another secret', () => {
    expect(() => verify(BODY, signed([OTHER]), SECRET)).toThrow(WebhookVerificationError);
    expect(() => verify(BODY, signed([newSigningSecret()]), [SECRET, OTHER])).toThrow(
      WebhookVerificationError,
    );
  });

  it('rejects unsigned requests', () => {
    for (const missing of Object.keys(signed())) {
      const headers = { ...signed(), [missing]: undefined };
      expect(() => verify(BODY, headers, SECRET)).toThrow(WebhookVerificationError);
    }
  });

  it.each([-301, 301])('rejects a timestamp %i seconds from now', (seconds) => {
    const headers = signed([SECRET], new Date(Date.now() + seconds * 1000));
    expect(() => verify(BODY, headers, SECRET)).toThrow(WebhookVerificationError);
  });

  it('rejects a body with any byte changed', () => {
    const headers = signed();
    const bytes = Buffer.from(BODY);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (place, change) => {
        const forged = Buffer.from(bytes);
        forged[place] = bytes.readUInt8(place) ^ change;
        expect(() => verify(forged, headers, SECRET)).toThrow(WebhookVerificationError);
      }),
    );
  });

  it('requires the raw body', () => {
    const parsed = JSON.parse(BODY) as string;
    expect(() => verify(parsed, signed(), SECRET)).toThrow(/raw request body/);
  });

  it('requires a secret', () => {
    expect(() => verify(BODY, signed(), [])).toThrow(/secret/);
    expect(() => verify(BODY, signed(), '')).toThrow(/[Ss]ecret/);
  });
});
