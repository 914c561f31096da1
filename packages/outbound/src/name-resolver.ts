import { promises as dns, type LookupAddress, type ResolveWithTtlOptions } from 'node:dns';
import CacheableLookup from 'cacheable-lookup';
import { createHostsFile } from './hosts-file.js';
import { isLocalhost, LOOPBACK, withoutRootDot } from './localhost.js';

/** All addresses of a name; rejects when it has none. */
export type ResolveName = (name: string) => Promise<readonly LookupAddress[]>;

/** An answer is used for as long as its TTL says, but no longer than this, in seconds. */
const MAX_TTL_S = 300;

/** For how long a name is taken not to exist, in seconds. */
const NEGATIVE_TTL_S = 1;

/**
 * Resolves names as the system would (localhost, hosts file, DNS), but never in the few threads that file access and
 * cryptography share, where one slow name server would stop everything: c-ares asks, answers are cached, and a name is
 * asked for once at a time. Search domains are not applied: a webhook names its receiver in full.
 * @param servers name servers in place of the system's, as `address` or `address:port`
 */
export function createNameResolver(servers?: readonly string[]): ResolveName {
  const hosts = createHostsFile();
  const cache = new CacheableLookup({
    resolver: createDnsResolver(servers),
    maxTtl: MAX_TTL_S,
    errorTtl: NEGATIVE_TTL_S,
    // Its fallback is getaddrinfo, which runs in those threads; the hosts file is what it would find there.
    lookup: false,
    fallbackDuration: 0,
  });
  return async (name) => {
    if (isLocalhost(name)) return LOOPBACK;
    return (await hosts(withoutRootDot(name))) ?? (await cache.lookupAsync(name, { all: true }));
  };
}

/** Some name servers answer AAAA questions with an error; what they say of IPv4 counts nevertheless. */
function createDnsResolver(servers: readonly string[] | undefined): dns.Resolver {
  const resolver = new dns.Resolver({ timeout: 1000, tries: 2 });
  if (servers) resolver.setServers(servers);
  const resolve6 = resolver.resolve6.bind(resolver);
  return Object.assign(resolver, {
    resolve6: (name: string, options: ResolveWithTtlOptions) => resolve6(name, options).catch(() => []),
  });
}
