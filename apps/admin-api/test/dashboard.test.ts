import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type TestApi } from './start-api.js';

const SCRIPT = 'export const response = 42;';
const HTML = `<!doctype html><html lang="en"><title>Posthorn</title><link rel="icon" href="/favicon.svg" type="image/svg+xml" />
 <meta name="portal" content="" /><meta property="csp-nonce" nonce="__CSP_NONCE__"><script type="module" src="/assets/main-a1b2.js"
 nonce="__CSP_NONCE__"></script>`;

let folder: string;
let api: TestApi;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'posthorn-dashboard-'));
  mkdirSync(path.join(folder, 'assets'));
  mkdirSync(path.join(folder, '.vite'));
  writeFileSync(path.join(folder, 'index.html'), HTML);
  writeFileSync(path.join(folder, 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  writeFileSync(path.join(folder, '.vite/manifest.json'), '{}');
  const script = path.join(folder, 'assets/main-a1b2.js');
  writeFileSync(script, SCRIPT);
  writeFileSync(`${script}.br`, brotliCompressSync(SCRIPT));
  writeFileSync(`${script}.gz`, gzipSync(SCRIPT));
  api = await startApi({ dashboardFolder: folder, portalFrameAncestors: ['https://app.example'] });
});
afterAll(async () => {
  await api.close();
  rmSync(folder, { recursive: true });
});

/** Requests a page as a browser does on navigation. */
const open = (address: string) =>
  fetch(api.url + address, { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } });

const policyOf = ({ headers }: Response) =>
  Object.fromEntries(
    (headers.get('content-security-policy') ?? '').split('; ').map((part) => {
      const [name = '', ...sources] = part.split(' ');
      return [name, sources.join(' ')];
    }),
  );

describe('the page', () => {
  it.each(['/', '/index.html', '/webhooks', '/event-types/order.paid', '/portal', '/portal/webhooks/wh_1'])(
    'is at %s',
    async (address) => {
      const response = await open(address);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(response.headers.get('cache-control')).toBe('no-cache');
      expect(await response.text()).toContain('/assets/main-a1b2.js');
    },
  );

  it('has a new nonce per response and a policy that allows nothing else', async () => {
    const [first, second] = [await open('/'), await open('/')];
    const html = await first.text();
    const nonces = [...html.matchAll(/nonce="([^"]+)"/g)].map(([, nonce]) => nonce);
    expect(new Set(nonces).size).toBe(1);
    expect(html).not.toContain('__CSP_NONCE__');
    expect(policyOf(first)).toEqual({
      'default-src': "'none'",
      'script-src': "'self'",
      'style-src': `'self' 'nonce-${nonces[0]}'`,
      'img-src': "'self' data:",
      'font-src': "'self'",
      'connect-src': "'self'",
      'base-uri': "'none'",
      'form-action': "'self'",
      'frame-ancestors': "'none'",
    });
    expect(policyOf(second)['style-src']).not.toBe(policyOf(first)['style-src']);
  });

  it('may be framed only as the portal, by the configured origins', async () => {
    const portal = await open('/portal');
    expect(policyOf(portal)).toMatchObject({
      'frame-ancestors': 'https://app.example',
      'img-src': "'self' data:",
    });
    expect(portal.headers.get('x-frame-options')).toBeNull();
    const other = await open('/portals');
    expect(policyOf(other)).toMatchObject({ 'frame-ancestors': "'none'", 'img-src': "'self' data:" });
    expect(other.headers.get('x-frame-options')).not.toBeNull();
  });

  it.each(['/v1/nothing', '/v1', '/docs/nothing', '/assets/main-0000.js', '/assets', '/%ff', '/assets/%ff'])(
    'is not at %s',
    async (address) => {
      const response = await open(address);
      expect(response.status).toBe(404);
      expect(response.headers.get('content-type')).toBe('application/problem+json');
    },
  );

  it('is served only to GET requests that accept HTML', async () => {
    expect((await api.client().get('/webhooks')).status).toBe(404);
    expect((await api.client().get('/.vite/manifest.json')).status).toBe(404);
    expect((await api.client().post('/webhooks', {}, { accept: 'text/html' })).status).toBe(404);
    expect((await api.client().post('/', {})).status).toBe(404);
  });

  it('does not affect other routes', async () => {
    expect((await open('/healthz')).headers.get('content-type')).toBe('application/json');
    expect(await (await open('/docs')).text()).toContain('swagger-ui');
    expect((await open('/v1/webhooks')).status).toBe(401);
  });
});

const openLink = async (settings: object) => {
  const { status, body } = await api.admin.post('/v1/portal-links', { tenantId: 'default', ...settings });
  expect(status).toBe(201);
  const { pathname, search } = new URL(body.url);
  return open(pathname + search);
};

describe('the page of a portal link', () => {
  it('may be framed by the origins of the link, loads its logo, and contains its settings', async () => {
    const settings = {
      theme: { productName: '"Acme" <Hooks>', logoUrl: 'https://cdn.example/logo.svg?a=1&b=2' },
      language: 'de',
      strings: { Webhooks: '</title><script>alert(1)</script>' },
      returnUrl: 'https://app.example/settings',
      parentOrigins: ['https://shop.example', 'http://localhost:3000'],
    };
    const response = await openLink(settings);
    expect(policyOf(response)).toMatchObject({
      'frame-ancestors': 'https://shop.example http://localhost:3000',
      'img-src': "'self' data: https://cdn.example",
      'script-src': "'self'",
    });
    const html = await response.text();
    const [, content = ''] = /<meta name="portal" content="([^"]*)" \/>/.exec(html) ?? [];
    expect(JSON.parse(unescapeHtml(content))).toEqual(settings);
    expect(html).toContain('<title>&quot;Acme&quot; &lt;Hooks&gt;</title>');
    expect(html).toContain('<html lang="de">');
    expect(html).not.toMatch(/<script>|posthorn|favicon/i);
  });

  it.each(['', '?link=key_1', '?link=key_01jw000000e008000000000001', '?link=key_1&link=key_2'])(
    'has no settings for the link "%s"',
    async (query) => {
      const response = await open(`/portal${query}`);
      expect(response.status).toBe(200);
      const html = await response.text();
      expect(html).toContain('content="{&quot;parentOrigins&quot;:[&quot;https://app.example&quot;]}"');
      expect(html).toContain('<title>Webhooks</title>');
    },
  );

  it('has no settings for the id of another kind of key', async () => {
    const { holder } = (await api.admin.get('/v1/session')).body;
    expect(await (await open(`/portal?link=${holder.id}`)).text()).toContain('<title>Webhooks</title>');
  });
});

const unescapeHtml = (text: string): string =>
  text.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

describe('a file of the page', () => {
  it.each([
    ['br', 'gzip, deflate, br'],
    ['gzip', 'gzip'],
    [null, 'identity'],
  ])('is served as %s to clients that accept %s, and cached for a year', async (encoding, accepted) => {
    const response = await fetch(`${api.url}/assets/main-a1b2.js`, {
      headers: { 'accept-encoding': accepted },
    });
    expect(response.headers.get('content-encoding')).toBe(encoding);
    expect(response.headers.get('content-type')).toMatch(/^text\/javascript/);
    expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await response.text()).toBe(SCRIPT);
  });

  it('is cached for an hour without a hash in its name', async () => {
    const response = await fetch(`${api.url}/favicon.svg`);
    expect(response.headers.get('cache-control')).toBe('public, max-age=3600');
    expect(response.headers.get('content-type')).toBe('image/svg+xml');
  });
});

describe('without a built dashboard', () => {
  it('responds with advice', async () => {
    const bare = await startApi();
    for (const address of ['/', '/portal'])
      expect(await bare.client().get(address, { accept: 'text/html' })).toMatchObject({
        status: 404,
        body: { code: 'not_found', detail: 'The dashboard is not built. Run npm run build.' },
      });
    await bare.close();
  });
});
