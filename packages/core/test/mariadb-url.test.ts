import { describe, expect, it } from '@jest/globals';
import { parseMariadbUrl } from '../src/index.js';

describe('parseMariadbUrl', () => {
  it('decodes the parts of a URL', () => {
    expect(parseMariadbUrl('mariadb://shop%40x:p%2Fw@db.example:3307/my%20shop?ssl=verify-full')).toEqual({
      host: 'db.example',
      port: 3307,
      user: 'shop@x',
      password: 'p/w',
      database: 'my shop',
      ssl: 'verify-full',
    });
    expect(parseMariadbUrl('mysql://root@[::1]/shop')).toEqual({
      host: '::1',
      port: 3306,
      user: 'root',
      password: '',
      database: 'shop',
      ssl: 'disable',
    });
  });

  it.each([
    'postgresql://a@b/c',
    'mariadb://a@b',
    'mariadb://a@b/',
    'mariadb://a@b/c/d',
    'mariadb://a@b/%zz',
    'mariadb://a:p%zz@b/c',
    'mariadb://a@b/c?ssl=true',
    'mariadb://a@b/c?multipleStatements=true',
    'mariadb://a@10.0.0.1/c?ssl=verify-full',
    'mariadb://a@[::1]/c?ssl=verify-full',
    'mariadb:b',
    '',
  ])('rejects %j', (text) => {
    expect(parseMariadbUrl(text)).toBeNull();
  });
});
