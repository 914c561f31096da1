import { LOCAL_OUTBOUND } from './service-environment.js';
import { stopRequests } from './stop-requests.js';
import type { Stack } from './stack-options.js';
import { startStack } from './stack.js';
import { readUpFlags } from './up-flags.js';
import { withoutEmpty } from './without-empty.js';

/**
 * Runs the whole system in the foreground until SIGINT or SIGTERM, for `npm start` and `posthorn up`.
 *
 * @param args `--port P --workers N --data DIR --role all`
 * @returns the exit code
 */
export async function up(args: string[]): Promise<number> {
  const requests = stopRequests();
  try {
    const flags = readUpFlags(args, process.env);
    const stack = await startStack({ ...flags, onProgress, signal: requests.stop });
    console.log(welcome(stack));
    await requests.stopped;
    onProgress('stopping');
    requests.onRepeat(() => {
      onProgress('killing all processes');
      stack.kill();
    });
    await stack.stop();
    onProgress('stopped');
    return 0;
  } catch (error) {
    if (requests.stop.aborted) return 0;
    console.error(`posthorn: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    requests.dispose();
  }
}

function onProgress(line: string): void {
  console.log(`posthorn: ${line}`);
}

function welcome({ apiUrl, adminKey, dataDir }: Stack): string {
  return [
    '',
    'Posthorn is running.',
    '',
    `  Dashboard  ${apiUrl}  (sign in with the admin key)`,
    `  API        ${apiUrl}/v1  (docs: ${apiUrl}/docs)`,
    `  Admin key  ${adminKey}`,
    `  Data       ${dataDir}  (logs in ${dataDir}/logs)`,
    '',
    outboundNote(withoutEmpty(process.env)),
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
