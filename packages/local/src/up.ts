import { machineChanges } from './machine-changes.js';
import { stopRequests } from './stop-requests.js';
import { startStack } from './stack.js';
import { readUpFlags } from './up-flags.js';
import { welcome } from './welcome.js';
import { settingsOf } from './settings-of.js';

/**
 * Runs the whole system in the foreground until SIGINT or SIGTERM, for `npm start` and `posthorn up`.
 *
 * @param args `--port P --workers N --data DIR --role all --processes N`
 * @returns the exit code
 */
export async function up(args: string[]): Promise<number> {
  const requests = stopRequests();
  try {
    const flags = readUpFlags(args, process.env);
    for (const change of await machineChanges(settingsOf(process.env))) onProgress(change);
    const stack = await startStack({ ...flags, onProgress, signal: requests.stop });
    console.log(welcome(stack, settingsOf(process.env)));
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
