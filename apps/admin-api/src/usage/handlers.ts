import { bindHandlers } from '../calls/bind-handlers.js';
import type { UsageDeps } from './deps.js';
import { getUsage } from './usage.js';

/** Creates the handlers of the usage. */
export const createUsageHandlers = (deps: UsageDeps) => bindHandlers({ getUsage }, deps);
