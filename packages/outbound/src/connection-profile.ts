import type { ProxyRoute, ProxySetting } from '@posthorn/core';
import { LRUCache } from 'lru-cache';
import { addressGuard, isProxyAddress } from './address-guard.js';
import { type InspectedUrl, inspectUrl } from './check-url.js';
import { createGuardedAgents, type AgentOptions, type GuardedAgents } from './guarded-agents.js';
import { guardedLookup } from './guarded-lookup.js';
import type { HandshakeShares } from './handshake-shares.js';
import type { ResolveName } from './name-resolver.js';
import type { OutboundRules } from './outbound-rules.js';
import type { ProxyConnector } from './proxied-connection.js';
import { OutboundError } from './outbound-error.js';
import { rulesWithNetworks } from './rules-with-networks.js';
import { createTlsContext, type ProfileTls } from './tls-context.js';

/** Options of the connections of a request that differ from the default ones. */
export interface ConnectionProfile {
  /** Names the profile: requests with equal keys share connections. A digest of the options, never a secret. */
  key: string;
  tls?: ProfileTls;
  /** Undefined: that of the sender, if it has one. */
  proxy?: ProxySetting;
  /** CIDRs that the request may reach in addition, of those that the rules have for single tenants. */
  networks?: readonly string[];
}

/** The agents of a profile: `pooled` keeps connections alive, `single` closes each after one request. */
export interface ProfileAgents {
  pooled: GuardedAgents;
  single: GuardedAgents;
  /** Checks a URL before anything is resolved. */
  inspect: (url: string) => InspectedUrl;
}

/** Maximum number of profiles with open connections. The agents of the least recently used one are closed. */
const MAX_PROFILES = 1000;

/** A profile without requests for so long is forgotten, in milliseconds. Its idle connections are closed much earlier. */
const UNUSED_PROFILE_MS = 600_000;

/** Maximum number of connections of a profile per origin: the maximum number of requests in flight to a webhook. */
const MAX_SOCKETS_PER_ORIGIN = 1000;

interface ProfilePoolOptions extends Pick<AgentOptions, 'maxSocketsPerOrigin' | 'idleTimeoutMs'> {
  rules: OutboundRules;
  resolve: ResolveName;
  /** The proxy of requests without their own. */
  proxy?: ProxyRoute | null;
  ca?: string | Buffer;
  handshakes: HandshakeShares;
}

/** Creates the agents of profiles when they are first used, and keeps a bounded number of them. */
export class ProfilePool {
  readonly #profiles: LRUCache<string, ProfileAgents | OutboundError>;
  readonly #options: ProfilePoolOptions;

  constructor(options: ProfilePoolOptions) {
    this.#options = { maxSocketsPerOrigin: MAX_SOCKETS_PER_ORIGIN, ...options };
    this.#profiles = new LRUCache({
      max: MAX_PROFILES,
      ttl: UNUSED_PROFILE_MS,
      updateAgeOnGet: true,
      dispose: closeAgents,
    });
  }

  /** Returns the agents of a profile, or why its certificates cannot be used. */
  agentsOf(profile: ConnectionProfile): ProfileAgents | OutboundError {
    const known = this.#profiles.get(profile.key);
    if (known) return known;
    const created = this.#create(profile);
    this.#profiles.purgeStale();
    this.#profiles.set(profile.key, created);
    return created;
  }

  #create(profile: ConnectionProfile): ProfileAgents | OutboundError {
    try {
      return createProfileAgents(this.#options, profile);
    } catch (error) {
      if (error instanceof OutboundError) return error;
      throw error;
    }
  }

  /** Closes idle connections of all profiles. Requests in flight continue. */
  close(): void {
    this.#profiles.clear();
  }
}

/** Creates the agents of one profile, which share a secure context. Without a profile: those of all other requests. */
export function createProfileAgents(
  { ca, rules, resolve, handshakes, proxy: defaultProxy, ...limits }: ProfilePoolOptions,
  { tls, proxy = defaultProxy ?? 'direct', networks = [] }: Omit<ConnectionProfile, 'key'> = {},
): ProfileAgents {
  const profileRules = rulesWithNetworks(rules, networks);
  const isAllowed = addressGuard(profileRules);
  const options = {
    ...limits,
    guard: { isAllowed, lookup: guardedLookup(resolve, isAllowed) },
    proxy: proxy === 'direct' ? undefined : proxyConnector(proxy, { resolve, ca }),
    secureContext: createTlsContext(ca, tls),
    presentsCertificate: tls?.cert !== undefined,
    handshakes,
  };
  return {
    pooled: createGuardedAgents({ ...options, keepAlive: true }),
    single: createGuardedAgents({ ...options, keepAlive: false }),
    inspect: (url) => inspectUrl(url, profileRules, isAllowed),
  };
}

/** Returns what is needed to connect to a proxy. TLS to it has the well-known authorities, not those of the profile. */
export function proxyConnector(
  route: ProxyRoute,
  { resolve, ca }: Pick<ProfilePoolOptions, 'resolve' | 'ca'>,
): ProxyConnector {
  return { route, lookup: guardedLookup(resolve, isProxyAddress), secureContext: createTlsContext(ca) };
}

function closeAgents(agents: ProfileAgents | OutboundError): void {
  if (agents instanceof OutboundError) return;
  agents.pooled.close();
  agents.single.close();
}
