import { describe, expect, it } from '@jest/globals';
import { parseAccess, initAccess } from '../src/access/access.js';

const NO_SETTINGS = { theme: {}, strings: {}, parentOrigins: [] };

describe('parseAccess', () => {
  it.each(['/', '/webhooks', '/portals', '/webhooks/portal'])('returns a session at %s', (pathname) => {
    expect(parseAccess({ pathname, search: '', hash: '#token=php_1' }, '')).toEqual({ kind: 'session' });
  });

  it.each(['/portal', '/portal/webhooks'])('returns portal access at %s', (pathname) => {
    const settings = {
      theme: {
        accentColor: '#12abEF',
        logoUrl: 'https://shop.example/ü.png',
        colorScheme: 'dark',
        radius: 3,
      },
      language: 'de',
      strings: { Webhooks: 'Integrations' },
      parentOrigins: ['https://shop.example'],
      returnUrl: 'https://shop.example/settings',
    };
    const location = { pathname, search: '?link=key_1', hash: '#token=php_1' };
    expect(parseAccess(location, JSON.stringify(settings))).toEqual({
      kind: 'portal',
      token: 'php_1',
      settings,
    });
  });

  it('prefers the language and the color scheme of the URL, if they are valid', () => {
    const settings = JSON.stringify({ theme: { colorScheme: 'dark' }, language: 'de' });
    const parse = (search: string) => parseAccess({ pathname: '/portal', search, hash: '' }, settings);
    expect(parse('?language=fr&colorScheme=light')).toMatchObject({
      settings: { language: 'fr', theme: { colorScheme: 'light' } },
    });
    expect(parse('?language=xx&colorScheme=red')).toMatchObject({
      token: null,
      settings: { language: 'de', theme: { colorScheme: 'dark' } },
    });
  });
});

it('removes the token from the address bar', () => {
  const replaced: unknown[] = [];
  const history = { replaceState: (...args: unknown[]) => replaced.push(args) } as unknown as History;
  const location = { pathname: '/portal', search: '?status=active', hash: '#token=php_1' } as Location;
  const document = { querySelector: () => null };
  expect(initAccess({ location, history, document })).toMatchObject({
    token: 'php_1',
    settings: NO_SETTINGS,
  });
  expect(replaced).toEqual([[null, '', '/portal?status=active']]);
});
