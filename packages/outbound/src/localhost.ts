import type { LookupAddress } from 'node:dns';

/** The addresses of `localhost`, which is never looked up. */
export const LOOPBACK: readonly LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

/** Returns whether a name is `localhost` or below it. These names mean this machine (RFC 6761, section 6.3). */
export function isLocalhost(name: string): boolean {
  const bare = withoutRootDot(name);
  return bare === 'localhost' || bare.endsWith('.localhost');
}

/** Removes the root dot of a name: `example.com.` and `example.com` are the same name. */
export function withoutRootDot(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name;
}
