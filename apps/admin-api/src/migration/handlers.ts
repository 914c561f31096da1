import { bindHandlers } from '../calls/bind-handlers.js';
import { compareRequest } from './comparisons.js';
import type { MigrationDeps } from './deps.js';
import { endShadows } from './end-shadows.js';
import { importWebhook } from './import-webhook.js';
import { listRefusedImports, putRefusedImports } from './refused-imports.js';
import { removeImport } from './remove-import.js';

/** Creates the handlers of imports and comparisons. */
export const createMigrationHandlers = (deps: MigrationDeps) =>
  bindHandlers(
    { listRefusedImports, putRefusedImports, compareRequest, endShadows, importWebhook, removeImport },
    deps,
  );
