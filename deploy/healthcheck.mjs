// Exit code 0 when the role in this container can do its work. The API answers on its own port, the others on the health
// port; only one of the two is open.
const { POSTHORN_PORT = '8080', POSTHORN_HEALTH_PORT = '9090' } = process.env;

const answers = await Promise.allSettled(
  [POSTHORN_PORT, POSTHORN_HEALTH_PORT].map((port) =>
    fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(4000) }),
  ),
);
process.exit(answers.some(({ value }) => value?.ok) ? 0 : 1);
