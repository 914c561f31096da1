import type { LookupFunction } from 'node:net';
import { callbackify } from 'node:util';
import type { AddressGuard } from './address-guard.js';
import { errorCode } from './error-code.js';
import type { ResolveName } from './name-resolver.js';
import { OutboundError } from './outbound-error.js';

/**
 * Returns the lookup function for connections. It filters out blocked addresses and rejects names without an allowed one.
 * The connection uses this very lookup: a separate check could get other addresses (DNS rebinding).
 */
export function guardedLookup(resolve: ResolveName, isAllowed: AddressGuard): LookupFunction {
  const allowedAddresses = async (name: string) => {
    const addresses = await resolve(name).catch((error: unknown) => {
      throw new OutboundError(
        'dns_error',
        `The host name ${name} could not be resolved${reason(error)}`,
        error,
      );
    });
    const allowed = addresses.filter(({ address }) => isAllowed(address));
    if (allowed.length > 0) return allowed;
    throw new OutboundError(
      'blocked_address',
      `The host name ${name} has no address that is on the public internet or an allowed destination`,
    );
  };
  const lookup = callbackify(allowedAddresses);
  // Connections use autoSelectFamily, so they always request all addresses.
  return (name, _options, callback) => lookup(name, callback);
}

/** Explanations of c-ares error codes. */
const REASONS: Record<string, string> = {
  ENOTFOUND: 'it has no address',
  ENODATA: 'it has no address',
  EBADNAME: 'it is not a valid name',
  ESERVFAIL: 'its name server failed',
  EREFUSED: 'its name server refused the query',
  EBADRESP: 'its name server sent an invalid response',
  EFORMERR: 'its name server sent an invalid response',
  ETIMEOUT: 'its name server did not respond in time',
  ECONNREFUSED: 'no name server is available',
};

function reason(error: unknown): string {
  const code = errorCode(error);
  const known = REASONS[code];
  if (known !== undefined) return `: ${known}`;
  return code === '' ? '' : ` (${code})`;
}
