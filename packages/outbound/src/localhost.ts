import type { LookupAddress } from 'node:dns';

/** What `localhost` stands for everywhere, without asking anybody. */
export const LOOPBACK: readonly LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

/** `localhost` and every name below it are this machine (RFC 6761, 6.3). */
export function isLocalhost(name: string): boolean {
  const bare = withoutRootDot(name);
  return bare === 'localhost' || bare.endsWith('.localhost');
}

/** `example.com.` and `example.com` are the same name. */
export function withoutRootDot(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name;
}
