import { api } from '../../api/api.js';
import type { Egress, EgressTarget } from './egress.js';

/** Loads the egress settings of a tenant or a webhook. */
export function useEgress({ kind, id }: EgressTarget): { data: Egress | undefined } {
  const params = { params: { path: { id } } };
  const ofTenant = api.useQuery('get', '/v1/tenants/{id}/egress', params, { enabled: kind === 'tenant' });
  const ofWebhook = api.useQuery('get', '/v1/webhooks/{id}/egress', params, { enabled: kind === 'webhook' });
  return { data: kind === 'tenant' ? ofTenant.data : ofWebhook.data };
}
