import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { guardedLookup } from '../src/guarded-lookup.js';
import { createHostsFile } from '../src/hosts-file.js';
import { createNameResolver } from '../src/name-resolver.js';

describe('createNameResolver', () => {
  it.each(['localhost', 'LOCALHOST', 'localhost.', 'hook.localhost'])(
    'knows %s without asking',
    async (name) => {
      const addresses = await createNameResolver()(name.toLowerCase());
      expect(addresses.map(({ address }) => address)).toEqual(['127.0.0.1', '::1']);
    },
  );
});

describe('createHostsFile', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hosts-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('finds names and aliases of both families, and skips invalid lines', async () => {
    const path = join(folder, 'hosts');
    await writeFile(
      path,
      '# 10.9.9.9 hidden\n10.0.0.1  Box box.lan # the box\r\nfd00::1\tbox\nnonsense box\n\n',
    );
    const hosts = createHostsFile(path);
    expect(await hosts('BOX')).toEqual([
      { address: '10.0.0.1', family: 4 },
      { address: 'fd00::1', family: 6 },
    ]);
    expect(await hosts('box.lan')).toEqual([{ address: '10.0.0.1', family: 4 }]);
    expect(await hosts('hidden')).toBeUndefined();
  });

  it('is empty if the file does not exist', async () => {
    expect(await createHostsFile(join(folder, 'none'))('box')).toBeUndefined();
  });
});

function lookup(addresses: string[], isAllowed: (address: string) => boolean) {
  const resolve = async () => addresses.map((address) => ({ address, family: 4 }));
  return promisify(guardedLookup(resolve, isAllowed))('name.example', { all: true });
}

describe('guardedLookup', () => {
  it('filters out blocked addresses', async () => {
    const found = await lookup(['10.0.0.1', '8.8.8.8', '10.0.0.2'], (address) => address === '8.8.8.8');
    expect(found).toEqual([{ address: '8.8.8.8', family: 4 }]);
  });

  it('rejects a name with only blocked addresses', async () => {
    await expect(lookup(['10.0.0.1'], () => false)).rejects.toMatchObject({ code: 'blocked_address' });
  });

  it('reports a name that does not resolve', async () => {
    const missing = guardedLookup(
      () => Promise.reject(Object.assign(new Error('nope'), { code: 'ENOTFOUND' })),
      () => true,
    );
    await expect(promisify(missing)('nope.example', { all: true })).rejects.toMatchObject({
      code: 'dns_error',
      message: 'The host name nope.example could not be resolved: it has no address',
    });
  });
});
