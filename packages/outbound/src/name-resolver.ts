import { promises as dns, type LookupAddress, type ResolveWithTtlOptions } from 'node:dns';
import CacheableLookup from 'cacheable-lookup';
import { createHostsFile } from './hosts-file.js';
import { isLocalhost, LOOPBACK, withoutRootDot } from './localhost.js';

/** Returns all addresses of a name. Rejects if it has none. */
export type ResolveName = (name: string) => Promise<readonly LookupAddress[]>;

/** Upper limit for the TTL of a cached DNS response, in seconds. */
const MAX_TTL_S = 300;

/** How long a failed lookup is cached, in seconds. */
const NEGATIVE_TTL_S = 1;

/**
 * Creates a resolver that works as the system's (localhost, hosts file, DNS), but does not use the libuv thread pool,
 * where one slow name server would block file access and cryptography. It queries with c-ares, caches responses and
 * deduplicates concurrent queries. Search domains are not applied: URLs of webhooks contain full names.
 *
 * @param servers name servers to use instead of the system's, as `address` or `address:port`
 */
export function createNameResolver(servers?: readonly string[]): ResolveName {
  const hosts = createHostsFile();
  const cache = new CacheableLookup({
    resolver: createDnsResolver(servers),
    maxTtl: MAX_TTL_S,
    errorTtl: NEGATIVE_TTL_S,
    // The fallback would be getaddrinfo, which runs in the thread pool. The hosts file replaces it.
    lookup: false,
    fallbackDuration: 0,
  });
  return async (name) => {
    if (isLocalhost(name)) return LOOPBACK;
    return (await hosts(withoutRootDot(name))) ?? (await cache.lookupAsync(name, { all: true }));
  };
}

/** Ignores errors of AAAA queries, because some name servers respond to them with an error despite valid A records. */
function createDnsResolver(servers: readonly string[] | undefined): dns.Resolver {
  const resolver = new dns.Resolver({ timeout: 1000, tries: 2 });
  if (servers) resolver.setServers(servers);
  const resolve6 = resolver.resolve6.bind(resolver);
  return Object.assign(resolver, {
    resolve6: (name: string, options: ResolveWithTtlOptions) => resolve6(name, options).catch(() => []),
  });
}
