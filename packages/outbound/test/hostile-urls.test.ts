import { describe, expect, it } from '@jest/globals';
import { hostileUrls } from '@posthorn/testkit';
import { checkUrl, parseOutboundRules } from '../src/index.js';

const OPEN = parseOutboundRules({ http: true, ports: '*' });

describe('checkUrl', () => {
  it.each(hostileUrls(8080).map(({ url, verdict, why }) => [JSON.stringify(url), verdict, why, url]))(
    'finds %s %s: %s',
    (_shown, verdict, _why, url) => {
      const check = checkUrl(url, OPEN);
      expect(check.ok ? 'allowed' : check.code).toBe(verdict);
    },
  );
});
