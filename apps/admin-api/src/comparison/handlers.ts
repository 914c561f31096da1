import { bindHandlers } from '../calls/bind-handlers.js';
import { compareRequest } from './compare-request.js';
import type { ComparisonDeps } from './deps.js';

/** Creates the handler of comparisons with requests of another system. */
export const createComparisonHandlers = (deps: ComparisonDeps) => bindHandlers({ compareRequest }, deps);
