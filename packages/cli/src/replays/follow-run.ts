import { setTimeout as sleep } from 'node:timers/promises';
import { stopRequests } from '@posthorn/local';
import { host } from '../host/host.js';
import { confirm } from '../command/confirm.js';
import type { Output } from '../output/output.js';
import { details } from '../output/text.js';
import { progressBar } from './progress-bar.js';
import { failedOf, type Run } from './run.js';

const POLL_MS = 500;

/** The pause after a call, at least, as a multiple of its duration: counting many deliveries takes long. */
const PAUSE_FACTOR = 10;

/** A run that was started, and its calls. */
interface FollowedRun<Kind extends Run> {
  name: 'replay' | 'recovery';
  /** The commands that manage it: `posthorn replays get`. */
  group: 'replays' | 'recoveries';
  started: Kind;
  get: (options: { signal: AbortSignal }) => Promise<Kind>;
  cancel: () => Promise<Kind>;
}

/** Shows the progress of a run until it ends. On Ctrl-C, asks whether to cancel it. The exit code is 0 if nothing failed. */
export async function followRun<Kind extends Run>(output: Output, run: FollowedRun<Kind>): Promise<void> {
  const { name, group, started } = run;
  output.note(`${name === 'replay' ? 'Replay' : 'Recovery'} ${started.id} of ${started.total} deliveries`);
  const ended = (await waitForEnd(run)) ?? (await offerToCancel(run));
  if (ended?.status !== 'completed' || failedOf(ended) > 0) host().exitCode = 1;
  if (ended) return output.result(ended, () => details(ended));
  output.note(
    `The ${name} continues. Show it: posthorn ${group} get ${started.id}. Cancel it: posthorn ${group} cancel ${started.id}`,
  );
}

/** Polls until the run ends. Returns null if the user stops the command first. */
async function waitForEnd<Kind extends Run>({ started, get }: FollowedRun<Kind>): Promise<Kind | null> {
  const requests = stopRequests();
  const { stop } = requests;
  const bar = progressBar(started);
  try {
    for (;;) {
      const calledAtMs = performance.now();
      const run = await get({ signal: stop });
      const pauseMs = (performance.now() - calledAtMs) * PAUSE_FACTOR;
      bar.show(run);
      if (run.status !== 'running') return run;
      await sleep(Math.max(POLL_MS, pauseMs), undefined, { signal: stop });
    }
  } catch (error) {
    if (stop.aborted) return null;
    throw error;
  } finally {
    bar.stop();
    requests.dispose();
  }
}

async function offerToCancel<Kind extends Run>({ name, cancel }: FollowedRun<Kind>): Promise<Kind | null> {
  const accepted = host().stdin.isTTY && (await confirm(`Cancel the ${name}?`, {}));
  return accepted ? cancel() : null;
}
