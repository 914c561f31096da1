export {
  countErasure,
  createErasure,
  type Erasure,
  type ErasureInput,
  findErasure,
  findTenantOfEvent,
  listErasures,
  readAcceptedUntil,
} from './erasures.js';
