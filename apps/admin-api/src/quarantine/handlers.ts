import { bindHandlers } from '../calls/bind-handlers.js';
import type { QuarantineDeps } from './deps.js';
import { getQuarantine, releaseQuarantine } from './quarantine.js';

/** Creates the handlers of the quarantine. */
export const createQuarantineHandlers = (deps: QuarantineDeps) =>
  bindHandlers({ getQuarantine, releaseQuarantine }, deps);
