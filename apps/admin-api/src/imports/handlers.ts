import { bindHandlers } from '../calls/bind-handlers.js';
import type { ImportDeps } from './deps.js';
import { endShadows } from './end-shadows.js';
import { importWebhook } from './import-webhook.js';
import { listRefusedImports, putRefusedImports } from './refused-imports.js';
import { removeImport } from './remove-import.js';

/** Creates the handlers of imports, and of the end of shadows. */
export const createImportHandlers = (deps: ImportDeps) =>
  bindHandlers({ listRefusedImports, putRefusedImports, endShadows, importWebhook, removeImport }, deps);
