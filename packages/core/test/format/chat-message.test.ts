import { describe, expect, it } from '@jest/globals';
import { BODY_FORMATS, compileFormat } from '../../src/index.js';

const PRODUCTS = ['slack', 'teams', 'discord'] as const;

const DATA = {
  webhookId: 'wh_01jw000000e008000000000001',
  url: 'https://hooks.example/secret-token',
  percent: 75,
  tenantName: 'Acme',
  lastError: { code: 'timeout' },
};

/** Returns the body of a request. */
function bodyOf(product: (typeof PRODUCTS)[number], type: string, data: object) {
  const envelope = JSON.stringify({ id: 'evt_1', type, timestamp: '2026-01-01T00:00:00.000Z', data });
  const message = { envelope, tenantId: 'ten_1', timestamp: new Date(), keys: { hmac: [], ed25519: [] } };
  const formatted = compileFormat({ body: product, signatures: [] }).format(message as never);
  expect(formatted?.headers).toEqual({ 'content-type': 'application/json' });
  return JSON.parse(formatted?.body ?? '');
}

describe('a chat message', () => {
  it('has the blocks of Slack', () => {
    const body = bodyOf('slack', 'posthorn.webhook.failing', DATA);
    expect(body.text).toBe('A webhook is failing');
    expect(body.blocks[0]).toEqual({
      type: 'header',
      text: { type: 'plain_text', text: 'A webhook is failing', emoji: false },
    });
    expect(body.blocks[1].fields.map(({ text }: { text: string }) => text)).toEqual([
      'Tenant: Acme',
      'Host: hooks.example',
      'Time to the suspension that has passed, in %: 75',
      'Webhook: wh_01jw000000e008000000000001',
    ]);
  });

  it('shows names of members that every object has', () => {
    const data = JSON.parse('{"constructor":"Ferrari","__proto__":"x","toString":1}');
    const body = bodyOf('slack', 'valueOf', data);
    expect(body.text).toBe('valueOf');
    expect(body.blocks[1].fields.map(({ text }: { text: string }) => text)).toEqual([
      'constructor: Ferrari',
      '__proto__: x',
      'toString: 1',
    ]);
  });

  it('has the Adaptive Card of Teams', () => {
    const { type, attachments } = bodyOf('teams', 'posthorn.webhook.suspended', { reason: 'gone' });
    expect([type, attachments[0].contentType]).toEqual([
      'message',
      'application/vnd.microsoft.card.adaptive',
    ]);
    const { body } = attachments[0].content;
    expect(
      body.map(({ inlines }: { inlines: { text: string }[] }) => inlines.map(({ text }) => text).join('')),
    ).toEqual(['A webhook was suspended', 'Reason: gone']);
  });

  it('has the embed of Discord', () => {
    const body = bodyOf('discord', 'posthorn.webhook.recovered', { tenantName: 'Acme' });
    expect(body).toEqual({
      embeds: [{ title: 'A webhook works again', fields: [{ name: 'Tenant', value: 'Acme', inline: true }] }],
      allowed_mentions: { parse: [] },
    });
  });

  it.each(PRODUCTS)('shows a validation code as text in %s', (product) => {
    const body = bodyOf(product, 'webhook.validation', { code: 'ABCD2345', webhookId: 'wh_1' });
    expect(JSON.stringify(body)).toContain('ABCD2345');
  });

  it.each(PRODUCTS)('shows the host of a webhook, not its URL, in %s', (product) => {
    const body = bodyOf(product, 'posthorn.webhook.failing', DATA);
    expect(JSON.stringify(body)).not.toContain('secret-token');
  });

  it.each(PRODUCTS)('shows other events by their type and their simple values in %s', (product) => {
    const text = JSON.stringify(bodyOf(product, 'invoice.paid', { amount: 12, nested: { a: 1 } }));
    expect(text).toContain('invoice.paid');
    expect(text).toContain('12');
    expect(text).not.toContain('nested');
  });

  it.each(PRODUCTS)('mentions nobody and stays small in %s, whatever the values', (product) => {
    const hostile = `<!channel> @everyone [x](https://evil.example) *b*\r\n${'x'.repeat(10_000)}`;
    const data = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`${hostile}${index}`, hostile]),
    );
    const body = bodyOf(product, 'a.b', { tenantName: hostile, ...data });
    const text = JSON.stringify(body);
    expect(text.length).toBeLessThan(10_000);
    expect(text).not.toContain(String.raw`\r\n`);
    if (product === 'slack') expect(text).not.toContain('mrkdwn');
    if (product === 'discord') {
      expect(body.allowed_mentions).toEqual({ parse: [] });
      expect(body.embeds[0].fields[0].value).toContain(String.raw`\[x\]\(https://evil.example\)`);
    }
  });

  it.each([null, [], 'text', 7])('is written for the data %j', (data) => {
    for (const product of PRODUCTS) expect(() => bodyOf(product, 'a.b', data as never)).not.toThrow();
  });

  it('is a body format', () => {
    expect(BODY_FORMATS).toEqual(expect.arrayContaining([...PRODUCTS]));
  });
});
