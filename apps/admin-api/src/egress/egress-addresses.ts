import type { EgressAddressesResponse } from '@posthorn/contract';
import { PosthornError } from '@posthorn/core';
import type { RequestHandler } from 'express';
import { sendResponse } from '../http/api-response.js';

const CACHE_CONTROL = 'public, max-age=300';

/** Returns the handler that sends the addresses that requests to receivers come from, without authentication. */
export function sendEgressAddresses({
  egressAddresses: addresses,
}: {
  egressAddresses: string[];
}): RequestHandler {
  return (_request, response) => {
    if (addresses.length === 0)
      throw new PosthornError('not_found', {
        detail: 'Egress addresses not found: POSTHORN_EGRESS_ADDRESSES is not set',
      });
    const body: EgressAddressesResponse = { addresses };
    sendResponse(response, { status: 200, body, cacheControl: CACHE_CONTROL });
  };
}
