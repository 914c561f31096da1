import { PosthornError } from '@posthorn/core';
import { seesAllTenants } from '../http/authenticate.js';
import { isFields } from '../http/external-references.js';
import type { BeforeValidation } from '../http/handler.js';

/** Rejects a limited key that may not be created, whatever else is wrong with it. */
export const assertMayLimit: BeforeValidation = (caller, body) => {
  if (seesAllTenants(caller) || !isFields(body) || body['tenantIds'] === undefined) return;
  const detail = 'Only a key for all tenants may create a key with `tenantIds`';
  throw new PosthornError('forbidden', { detail });
};
