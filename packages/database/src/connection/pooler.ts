/** Returns whether the server is behind a pooler in transaction mode, which the URL declares with `?pgbouncer=true`. */
export const isPooler = (url: string | undefined): boolean => /[?&]pgbouncer=true\b/.test(url ?? '');
