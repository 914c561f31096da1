import type { components } from '../../generated/api.js';

export type Tenant = components['schemas']['Tenant'];
