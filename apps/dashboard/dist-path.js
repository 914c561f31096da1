import { fileURLToPath } from 'node:url';

/** The folder of the built dashboard: index.html and assets/, whose file names contain a content hash. */
export const DASHBOARD_FOLDER = fileURLToPath(new URL('dist', import.meta.url));
