// Exits with 0 when the role in this container is ready. The API, also in role all, serves /readyz on its own port, the
// other roles on the health port; only one of the two is open.
// Empty means unset, as for the services.
const { POSTHORN_PORT, POSTHORN_HEALTH_PORT } = process.env;

const responses = await Promise.allSettled(
  [POSTHORN_PORT || '8080', POSTHORN_HEALTH_PORT || '9090'].map((port) =>
    fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(4000) }),
  ),
);
process.exit(responses.some(({ value }) => value?.ok) ? 0 : 1);
