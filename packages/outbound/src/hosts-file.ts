import type { LookupAddress } from 'node:dns';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';

/** How long what was read is good for, in milliseconds. */
const FRESH_MS = 5000;

/** The system's own list of names, which DNS knows nothing of. */
export const SYSTEM_HOSTS_FILE =
  process.platform === 'win32'
    ? join(process.env.SystemRoot ?? 'C:\\Windows', 'System32', 'drivers', 'etc', 'hosts')
    : '/etc/hosts';

/** Looks names up in a hosts file; undefined for a name that it does not hold. A file that is not there holds none. */
export function createHostsFile(
  path: string = SYSTEM_HOSTS_FILE,
): (name: string) => Promise<LookupAddress[] | undefined> {
  let entries = Promise.resolve(new Map<string, LookupAddress[]>());
  let readAt = -Infinity;
  return async (name) => {
    if (performance.now() - readAt > FRESH_MS) {
      readAt = performance.now();
      entries = readFile(path, 'utf8').then(parseHosts, () => new Map<string, LookupAddress[]>());
    }
    return (await entries).get(name.toLowerCase());
  };
}

/** `address name alias…` a line, `#` begins a comment (hosts(5)). */
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
