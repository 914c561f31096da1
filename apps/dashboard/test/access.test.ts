import { describe, expect, it } from '@jest/globals';
import { parseAccess, initAccess } from '../src/api/access.js';

const themed = (theme: unknown) => Buffer.from(JSON.stringify(theme)).toString('base64url');

describe('parseAccess', () => {
  it.each(['/', '/webhooks', '/portals', '/webhooks/portal'])('returns a session at %s', (pathname) => {
    expect(parseAccess({ pathname, hash: '#token=php_1' })).toEqual({ kind: 'session' });
  });

  it.each(['/portal', '/portal/webhooks'])('returns portal access at %s', (pathname) => {
    const theme = { accentColor: '#12abEF', logoUrl: 'https://shop.example/ü.png', colorScheme: 'dark' };
    expect(parseAccess({ pathname, hash: `#token=php_1&theme=${themed(theme)}` })).toEqual({
      kind: 'portal',
      token: 'php_1',
      theme,
    });
  });

  it.each([
    ['not base64', 'a%00'],
    ['not JSON', btoa('{')],
    ['not an object', themed(7)],
  ])('ignores a theme that is %s', (_, theme) => {
    expect(parseAccess({ pathname: '/portal', hash: `#token=php_1&theme=${theme}` })).toMatchObject({
      theme: {},
    });
  });

  it('ignores invalid members of a theme', () => {
    const theme = { accentColor: 'red;', logoUrl: 'javascript:alert(1)', colorScheme: 'light' };
    const access = parseAccess({ pathname: '/portal', hash: `#theme=${themed(theme)}` });
    expect(access).toEqual({ kind: 'portal', token: null, theme: { colorScheme: 'light' } });
  });
});

it('removes the token from the address bar', () => {
  const replaced: unknown[] = [];
  const history = { replaceState: (...args: unknown[]) => replaced.push(args) } as unknown as History;
  const location = { pathname: '/portal', search: '?status=active', hash: '#token=php_1' } as Location;
  expect(initAccess({ location, history })).toMatchObject({ token: 'php_1' });
  expect(replaced).toEqual([[null, '', '/portal?status=active']]);
});
