import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type TestApi } from './start-api.js';

const SCRIPT = 'export const answer = 42;';
const HTML = `<!doctype html><meta property="csp-nonce" nonce="__CSP_NONCE__"><script type="module" src="/assets/main-a1b2.js"
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

/** As a browser asks when an address is entered. */
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
      const answer = await open(address);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(answer.headers.get('cache-control')).toBe('no-cache');
      expect(await answer.text()).toContain('/assets/main-a1b2.js');
    },
  );

  it('has a nonce of its own in each answer, and a policy that allows nothing else', async () => {
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

  it('may be framed as the portal alone, by those who are named, and shows their logo', async () => {
    const portal = await open('/portal');
    expect(policyOf(portal)).toMatchObject({
      'frame-ancestors': 'https://app.example',
      'img-src': "'self' data: https:",
    });
    expect(portal.headers.get('x-frame-options')).toBeNull();
    const other = await open('/portals');
    expect(policyOf(other)).toMatchObject({ 'frame-ancestors': "'none'", 'img-src': "'self' data:" });
    expect(other.headers.get('x-frame-options')).not.toBeNull();
  });

  it.each(['/v1/nothing', '/v1', '/docs/nothing', '/assets/main-0000.js', '/assets', '/%ff', '/assets/%ff'])(
    'is not at %s',
    async (address) => {
      const answer = await open(address);
      expect(answer.status).toBe(404);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
    },
  );

  it('is for who asks for HTML, and is got', async () => {
    expect((await api.client().get('/webhooks')).status).toBe(404);
    expect((await api.client().get('/.vite/manifest.json')).status).toBe(404);
    expect((await api.client().post('/webhooks', {}, { accept: 'text/html' })).status).toBe(404);
    expect((await api.client().post('/', {})).status).toBe(404);
  });

  it('leaves what else there is as it was', async () => {
    expect((await open('/healthz')).headers.get('content-type')).toBe('application/json');
    expect(await (await open('/docs')).text()).toContain('swagger-ui');
    expect((await open('/v1/webhooks')).status).toBe(401);
  });
});

describe('a file of the page', () => {
  it.each([
    ['br', 'gzip, deflate, br'],
    ['gzip', 'gzip'],
    [null, 'identity'],
  ])('comes as %s to who takes %s, and is kept for a year', async (encoding, accepted) => {
    const answer = await fetch(`${api.url}/assets/main-a1b2.js`, {
      headers: { 'accept-encoding': accepted },
    });
    expect(answer.headers.get('content-encoding')).toBe(encoding);
    expect(answer.headers.get('content-type')).toMatch(/^text\/javascript/);
    expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await answer.text()).toBe(SCRIPT);
  });

  it('without a hash in its name is kept for an hour', async () => {
    const answer = await fetch(`${api.url}/favicon.svg`);
    expect(answer.headers.get('cache-control')).toBe('public, max-age=3600');
    expect(answer.headers.get('content-type')).toBe('image/svg+xml');
  });
});

describe('without a built dashboard', () => {
  it('says so', async () => {
    const bare = await startApi();
    for (const address of ['/', '/portal'])
      expect(await bare.client().get(address, { accept: 'text/html' })).toMatchObject({
        status: 404,
        body: { code: 'not_found', detail: 'the dashboard is not built: npm run build' },
      });
    await bare.close();
  });
});
