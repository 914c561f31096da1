import { describe, expect, it } from '@jest/globals';
import { ERROR_REFERENCE } from '@posthorn/contract';
import { ERROR_CODES, FIELD_MESSAGES } from '@posthorn/core';
import { useApi } from './use-api.js';

const api = useApi();
const behindProxy = useApi({ publicOrigin: 'https://hooks.example' });

describe('the error reference', () => {
  it('has an entry with cause and remedy for every code', async () => {
    const response = await fetch(`${api.url}/docs/errors`);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const page = await response.text();
    const anchors = Array.from(page.matchAll(/<section id="(\w+)"/g), ([, code]) => code);
    expect(anchors).toEqual(Object.keys(ERROR_CODES));
    expect(Object.keys(ERROR_REFERENCE).toSorted()).toEqual(Object.keys(ERROR_CODES).toSorted());
    for (const code of Object.keys(FIELD_MESSAGES)) expect(page).toContain(`<td><code>${code}</code></td>`);
    expect(page).toContain('<td>must have at most {max} characters</td>');
    expect(page.match(/<b>Cause:<\/b> .+<\/p>/g)).toHaveLength(anchors.length);
    expect(page.match(/<b>Remedy:<\/b> .+<\/p>/g)).toHaveLength(anchors.length);
  });

  it('loads nothing that its policy forbids', async () => {
    const style = await fetch(`${api.url}/docs/errors.css`);
    expect([style.status, style.headers.get('content-type')]).toEqual([200, 'text/css; charset=utf-8']);
    expect(style.headers.get('content-security-policy')).toContain("style-src 'self'");
  });
});

describe('the type of a problem', () => {
  it('links to the entry of its code', async () => {
    const { body } = await api.admin.get('/v1/webhooks?limit=0');
    expect(body.type).toBe('/docs/errors#invalid_input');
    const unknown = await api.client().get('/nowhere');
    expect(unknown.body.type).toBe('/docs/errors#not_found');
  });

  it('is absolute if the public origin is known', async () => {
    const { body } = await behindProxy.admin.get('/v1/webhooks?limit=0');
    expect(body.type).toBe('https://hooks.example/docs/errors#invalid_input');
  });
});
