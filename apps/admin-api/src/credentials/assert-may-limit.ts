import { isJsonObject } from '@posthorn/contract';
import { PosthornError } from '@posthorn/core';
import { seesAllTenants } from '../access/authenticate.js';
import type { BeforeValidation } from '../calls/handler.js';

/** Rejects a limited key that may not be created, whatever else is wrong with it. */
export const assertMayLimit: BeforeValidation = (caller, body) => {
  if (seesAllTenants(caller) || !isJsonObject(body) || body['tenantIds'] === undefined) return;
  const detail = 'Only a key for all tenants may create a key with `tenantIds`';
  throw new PosthornError('forbidden', { detail });
};
