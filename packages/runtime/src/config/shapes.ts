import { api, email, eventQuotas, resourceQuotas } from './api-fields.js';
import { outbound, payloads, producer, retention, worker } from './delivery-fields.js';
import { signIn } from './sign-in-fields.js';
import { common, health, processes, serviceConfig, tracingConfig } from './process-fields.js';

export { serviceConfig, tracingConfig };

const base = { ...common, ...serviceConfig, ...tracingConfig };

export const apiConfig = {
  ...base,
  ...outbound,
  ...payloads,
  ...resourceQuotas,
  ...eventQuotas,
  ...retention,
  ...api,
  ...email,
  ...signIn,
};
export const producerConfig = {
  ...base,
  ...health,
  ...eventQuotas,
  ...retention,
  ...payloads,
  ...email,
  ...producer,
};
export const workerConfig = { ...base, ...health, ...outbound, ...payloads, ...worker };

/** Every field: the shape of the role `all`, which is API, producer and worker in one. Lists of variables have this order. */
export const allConfig = { ...apiConfig, ...workerConfig, ...producerConfig, ...processes };
