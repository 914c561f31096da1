import type { LookupFunction } from 'node:net';
import { callbackify } from 'node:util';
import type { AddressGuard } from './address-guard.js';
import { errorCode } from './error-code.js';
import type { ResolveName } from './name-resolver.js';
import { OutboundError } from './outbound-error.js';

/**
 * The lookup that a connection itself makes, so that what is checked is what is connected to: a second lookup could
 * answer otherwise (DNS rebinding). Forbidden addresses are left out; a name with no other is refused.
 */
export function guardedLookup(resolve: ResolveName, isAllowed: AddressGuard): LookupFunction {
  const allowedAddresses = async (name: string) => {
    const addresses = await resolve(name).catch((error: unknown) => {
      throw new OutboundError('dns_error', `The name ${name} could not be resolved${reason(error)}`, error);
    });
    const allowed = addresses.filter(({ address }) => isAllowed(address));
    if (allowed.length > 0) return allowed;
    throw new OutboundError(
      'blocked_address',
      `The name ${name} leads to no address on the public internet, and no exception for it is configured`,
    );
  };
  const lookup = callbackify(allowedAddresses);
  // Connections try all families (autoSelectFamily), so they always ask for all addresses.
  return (name, _options, callback) => lookup(name, callback);
}

/** What c-ares says (dns(3)), in plain words. */
const REASONS: Record<string, string> = {
  ENOTFOUND: 'it has no address',
  ENODATA: 'it has no address',
  EBADNAME: 'it is no name that can exist',
  ESERVFAIL: 'its name server failed',
  EREFUSED: 'its name server refuses to answer',
  EBADRESP: 'its name server gave no valid answer',
  EFORMERR: 'its name server gave no valid answer',
  ETIMEOUT: 'its name server did not answer in time',
  ECONNREFUSED: 'the name server of Posthorn is out of reach',
};

function reason(error: unknown): string {
  const code = errorCode(error);
  const known = REASONS[code];
  if (known !== undefined) return `: ${known}`;
  return code === '' ? '' : ` (${code})`;
}
