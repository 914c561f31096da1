import { bindHandlers } from '../calls/bind-handlers.js';
import type { ErasureDeps } from './deps.js';
import { createErasure, listErasures, getErasure } from './erasures.js';

/** Creates the handlers of erasures. */
export const createErasureHandlers = (deps: ErasureDeps) =>
  bindHandlers({ createErasure, listErasures, getErasure }, deps);
