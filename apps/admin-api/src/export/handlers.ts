import { bindHandlers } from '../calls/bind-handlers.js';
import type { ExportDeps } from './deps.js';
import { exportTenant } from './export-tenant.js';

/** Creates the handlers of exports. */
export const createExportHandlers = (deps: ExportDeps) => bindHandlers({ exportTenant }, deps);
