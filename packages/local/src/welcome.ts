import { LOCAL_OUTBOUND } from './service-environment.js';
import type { Stack } from './stack-options.js';

/** Returns the text that `npm start` prints when everything answers. */
export function welcome(
  { apiUrl, adminKey, dataDir, redisUrl }: Pick<Stack, 'apiUrl' | 'adminKey' | 'dataDir' | 'redisUrl'>,
  env: NodeJS.ProcessEnv,
): string {
  return [
    '',
    'Posthorn is running.',
    '',
    `  Dashboard  ${apiUrl}  (sign in with the admin key)`,
    `  API        ${apiUrl}/v1  (docs: ${apiUrl}/docs)`,
    `  Admin key  ${adminKey}`,
    `  Redis      ${env['REDIS_URL'] ? 'REDIS_URL' : redisUrl}`,
    `  Data       ${dataDir}  (logs in ${dataDir}/logs)`,
    '',
    outboundNote(env),
    'Press Ctrl-C to stop.',
    '',
  ].join('\n');
}

function outboundNote(env: NodeJS.ProcessEnv): string {
  const { POSTHORN_OUTBOUND_ALLOW, POSTHORN_OUTBOUND_HTTP, POSTHORN_OUTBOUND_PORTS } = {
    ...LOCAL_OUTBOUND,
    ...env,
  };
  const networks =
    POSTHORN_OUTBOUND_ALLOW === LOCAL_OUTBOUND.POSTHORN_OUTBOUND_ALLOW ? 'loopback' : POSTHORN_OUTBOUND_ALLOW;
  const http = POSTHORN_OUTBOUND_HTTP === 'true' ? 'on' : 'off';
  const ports = POSTHORN_OUTBOUND_PORTS === '*' ? 'any port' : `ports ${POSTHORN_OUTBOUND_PORTS}`;
  return `Allowed destinations: public internet and ${networks}; HTTP ${http}; ${ports}.`;
}
