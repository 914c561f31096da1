import { fileURLToPath } from 'node:url';

/** The folder of the built dashboard: index.html, and assets/ with names that hold their hash. */
export const DASHBOARD_FOLDER = fileURLToPath(new URL('dist', import.meta.url));
