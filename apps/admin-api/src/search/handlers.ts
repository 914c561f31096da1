import { bindHandlers } from '../calls/bind-handlers.js';
import type { SearchDeps } from './deps.js';
import { search } from './search.js';

/** Creates the handlers of the search. */
export const createSearchHandlers = (deps: SearchDeps) => bindHandlers({ search }, deps);
