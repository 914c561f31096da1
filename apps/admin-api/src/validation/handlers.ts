import { bindHandlers } from '../calls/bind-handlers.js';
import type { ValidationDeps } from './deps.js';
import { requestValidation, confirmValidation } from './validation.js';

/** Creates the handlers of validations. */
export const createValidationHandlers = (deps: ValidationDeps) =>
  bindHandlers({ requestValidation, confirmValidation }, deps);
