export { countResources, quotasOf } from './quotas.js';
