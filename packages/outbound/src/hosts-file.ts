import type { LookupAddress } from 'node:dns';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';

/** How long the entries are cached, in milliseconds. */
const CACHE_MS = 5000;

/** The hosts file of the system. Its names are not in DNS. */
const SYSTEM_HOSTS_FILE =
  process.platform === 'win32'
    ? join(process.env.SystemRoot ?? 'C:\\Windows', 'System32', 'drivers', 'etc', 'hosts')
    : '/etc/hosts';

/** Creates a lookup in a hosts file. It returns undefined for names that are not in the file, or if there is no file. */
export function createHostsFile(
  path: string = SYSTEM_HOSTS_FILE,
): (name: string) => Promise<LookupAddress[] | undefined> {
  let entries = Promise.resolve(new Map<string, LookupAddress[]>());
  let readAt = -Infinity;
  return async (name) => {
    if (performance.now() - readAt > CACHE_MS) {
      readAt = performance.now();
      entries = readFile(path, 'utf8').then(parseHosts, () => new Map<string, LookupAddress[]>());
    }
    return (await entries).get(name.toLowerCase());
  };
}

/** Parses a hosts file: `address name alias…` per line; `#` starts a comment (hosts(5)). */
function parseHosts(text: string): Map<string, LookupAddress[]> {
  const entries = new Map<string, LookupAddress[]>();
  for (const line of text.split(/\r?\n/)) {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    const family = isIP(address);
    if (family === 0) continue;
    for (const name of names) {
      const key = name.toLowerCase();
      entries.set(key, [...(entries.get(key) ?? []), { address, family }]);
    }
  }
  return entries;
}
