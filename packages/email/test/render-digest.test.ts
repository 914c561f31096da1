import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { LOCALES } from '@posthorn/core';
import {
  type Digest,
  renderConfirmation,
  renderDigest,
  renderTest,
  type WebhookNotices,
} from '../src/index.js';

const AT = new Date('2026-03-01T08:00:00Z');
const LATER = new Date('2026-03-01T09:00:00Z');

const webhook = (changes: Partial<WebhookNotices> = {}): WebhookNotices => ({
  host: 'shop.example',
  description: null,
  tenantName: null,
  pageUrl: null,
  failing: null,
  suspended: null,
  recovered: null,
  exhausted: 0,
  blocked: 0,
  ...changes,
});

const FAILING = { percent: 75, since: AT, suspendsAt: LATER, at: AT };

const digest = (webhooks: WebhookNotices[], changes: Partial<Digest> = {}): Digest => ({
  locale: 'en',
  timeZone: 'UTC',
  webhooks,
  more: 0,
  pauseMinutes: 15,
  unsubscribeUrl: null,
  ...changes,
});

describe('renderDigest', () => {
  it.each<[string, Partial<WebhookNotices>, subject: string, line: string]>([
    ['failing', { failing: FAILING }, 'Webhook shop.example is failing', '(75 % of that time has passed)'],
    [
      'suspended',
      { failing: FAILING, suspended: { reason: 'failing', at: LATER } },
      'Webhook shop.example was suspended',
      'Reason: no successful delivery for days',
    ],
    [
      'recovered',
      { recovered: { at: LATER } },
      'Webhook shop.example works again',
      'Working again since Mar 1, 2026',
    ],
    [
      'resolved in between',
      { failing: FAILING, recovered: { at: LATER } },
      'Webhook shop.example works again',
      'It was failing but has been working again',
    ],
    [
      'failing again',
      { failing: { ...FAILING, at: LATER }, recovered: { at: AT } },
      'Webhook shop.example is failing',
      'No delivery has succeeded since Mar 1, 2026',
    ],
    [
      'exhausted',
      { exhausted: 3 },
      'Deliveries to webhook shop.example failed',
      '3 deliveries failed after their last retry.',
    ],
    [
      'blocked',
      { blocked: 1 },
      'Webhook shop.example is blocked',
      '1 delivery has used up its retries and blocks those that follow it.',
    ],
  ])('reports a webhook that is %s', (_name, changes, subject, line) => {
    const mail = renderDigest(digest([webhook(changes)]));
    expect(mail.subject).toBe(subject);
    expect(mail.text).toContain(line);
    expect(mail.html).toContain(line);
  });

  it('counts several webhooks, and those that it does not list', () => {
    const { subject, text } = renderDigest(digest([webhook({ exhausted: 1 }), webhook()], { more: 40 }));
    expect(subject).toBe('42 webhooks need attention');
    expect(text).toContain('And 40 more webhooks.');
  });

  it('says when all of them work again', () => {
    const recovered = webhook({ recovered: { at: AT } });
    expect(renderDigest(digest([recovered, recovered])).subject).toBe('2 webhooks work again');
  });

  it('escapes and shortens what customers wrote', () => {
    const hostile = `<img src=x onerror=alert(1)>"'&\r\nBcc: victim@example.com\r\n\r\n$t(test) {{host}}${'x'.repeat(10_000)}`;
    const mail = renderDigest(
      digest([
        webhook({
          host: hostile,
          description: hostile,
          tenantName: hostile,
          suspended: { reason: hostile, at: AT },
        }),
      ]),
    );
    expect(mail.subject).not.toMatch(/[\r\n]/);
    expect(mail.subject.length).toBeLessThanOrEqual(150);
    expect(mail.html).not.toContain('<img');
    expect(mail.html).toContain('&lt;img src=x');
    expect(mail.text).not.toMatch(/^Bcc:/m);
    expect(mail.text).toContain('$t(test) {{host}}');
    expect(mail.text.length).toBeLessThan(1500);
  });

  it('has a link to unsubscribe for customers only', () => {
    const unsubscribeUrl = 'https://hooks.example/notifications/unsubscribe?token=a.b';
    const customer = renderDigest(digest([webhook()], { unsubscribeUrl }));
    expect(customer.text).toContain(`Unsubscribe: ${unsubscribeUrl}`);
    expect(customer.html).toContain(`href="${unsubscribeUrl}"`);
    expect(renderDigest(digest([webhook()])).text).not.toContain('nsubscribe');
  });

  it.each(LOCALES)('has no product name and no missing text: %s', (locale) => {
    const all = webhook({ failing: FAILING, exhausted: 2 });
    const mails = [
      renderDigest(digest([all], { locale, more: 2, unsubscribeUrl: 'https://hooks.example/' })),
      renderDigest(digest([webhook({ suspended: { reason: 'gone', at: AT } })], { locale })),
      renderDigest(digest([webhook({ recovered: { at: AT } })], { locale })),
      renderConfirmation({
        locale,
        confirmUrl: 'https://hooks.example/',
        unsubscribeUrl: 'https://hooks.example/',
      }),
      renderTest(),
    ];
    const texts = mails.map(({ subject, text }) => subject + text).join('\n');
    expect(texts).not.toMatch(/posthorn|\{\{|undefined/i);
    expect(texts).not.toMatch(/\b(?:subject|reason|page)\.\w/);
  });
});

describe('the translations', () => {
  const folder = path.resolve(import.meta.dirname, '../src/locales');
  const read = (locale: string): object =>
    JSON.parse(readFileSync(path.join(folder, `${locale}.json`), 'utf8'));

  it('exist in every language, with the same variables', () => {
    expect(readdirSync(folder).toSorted()).toEqual(LOCALES.map((locale) => `${locale}.json`).toSorted());
    for (const locale of LOCALES) expect(textsOf(read(locale))).toEqual(textsOf(read('en')));
  });
});

it.each([
  ['es', '1000000 de entregas han fallado'],
  ['fr', '1000000 de livraisons ont échoué'],
] as const)('has the plural form of a million: %s', (locale, line) => {
  const { text } = renderDigest(digest([webhook({ exhausted: 1_000_000 })], { locale, more: 1_000_000 }));
  expect(text).toContain(line);
  expect(text).toMatch(/1000000 (?:de|d’autres) webhooks/);
});

/** Returns the keys with the variables of their texts. Languages have other plurals, and one of them names no number. */
function textsOf(value: object, prefix = '', texts = new Map<string, string>()): Map<string, string> {
  for (const [key, text] of Object.entries(value)) {
    const name = `${prefix}${key}`.replace(/_(?:one|many|other)$/, '');
    if (typeof text !== 'string') textsOf(text, `${name}.`, texts);
    else if (name !== 'digest') texts.set(name, (text.match(/\{\{\w+\}\}/g) ?? []).toSorted().join());
  }
  return texts;
}
