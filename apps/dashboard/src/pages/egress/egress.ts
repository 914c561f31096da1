import type { Proxy } from './proxy-values.js';

/** The tenant or webhook whose settings are shown. */
export interface EgressTarget {
  kind: 'tenant' | 'webhook';
  id: string;
}

/** The egress settings of a tenant, or those of a webhook, which has no networks. */
export interface Egress {
  proxy: Proxy;
  privateNetworks?: string[];
}
