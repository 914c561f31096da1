import { LOCAL_OUTBOUND } from './service-environment.js';
import { stopRequests } from './stop-requests.js';
import type { Stack } from './stack-options.js';
import { startStack } from './stack.js';
import { readUpFlags } from './up-flags.js';

/**
 * `npm start` and `posthorn up`: the whole system in the foreground, until SIGINT or SIGTERM.
 *
 * @param args `--port P --workers N --data DIR`
 * @returns the exit code
 */
export async function up(args: string[]): Promise<number> {
  const requests = stopRequests();
  try {
    const flags = readUpFlags(args);
    const stack = await startStack({ ...flags, say, signal: requests.stop });
    console.log(welcome(stack));
    await requests.stopped;
    say('stopping');
    requests.onInsisting(() => {
      say('stopping at once');
      stack.kill();
    });
    await stack.stop();
    say('stopped');
    return 0;
  } catch (error) {
    if (requests.stop.aborted) return 0;
    console.error(`posthorn: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    requests.dispose();
  }
}

function say(line: string): void {
  console.log(`posthorn: ${line}`);
}

function welcome({ apiUrl, adminKey, dataDir }: Stack): string {
  return [
    '',
    'Posthorn is running.',
    '',
    `  API        ${apiUrl}/v1  (documentation: ${apiUrl}/docs)`,
    `  Admin key  ${adminKey}`,
    `  Data       ${dataDir}  (logs in logs/)`,
    '',
    outboundNote(process.env),
    'Ctrl-C stops it.',
    '',
  ].join('\n');
}

function outboundNote(env: NodeJS.ProcessEnv): string {
  const { POSTHORN_OUTBOUND_ALLOW, POSTHORN_OUTBOUND_HTTP, POSTHORN_OUTBOUND_PORTS } = {
    ...LOCAL_OUTBOUND,
    ...env,
  };
  return (
    `Beside the public internet webhooks may point at ${POSTHORN_OUTBOUND_ALLOW || 'nothing'}; ` +
    `plain http: ${POSTHORN_OUTBOUND_HTTP}; ports: ${POSTHORN_OUTBOUND_PORTS} (POSTHORN_OUTBOUND_*).`
  );
}
