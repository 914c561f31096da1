import { setTimeout as sleep } from 'node:timers/promises';
import { stopRequests } from '@posthorn/local';
import type { components, Posthorn } from '@posthorn/sdk';
import { confirm } from '../confirm.js';
import type { ApiContext } from '../api-command.js';
import { details } from '../output/text.js';
import { progressBar } from './progress-bar.js';

type Replay = components['schemas']['Replay'];

const POLL_MS = 500;

/** Shows the progress of a replay until it ends. On Ctrl-C, asks whether to cancel it. */
export async function followReplay({ api, output }: ApiContext, started: Replay): Promise<void> {
  output.note(`Replay ${started.id} of ${started.total} deliveries`);
  const ended = await waitForEnd(api, started);
  const replay = ended ?? (await offerToCancel(api, started));
  if (replay?.status !== 'completed') process.exitCode = 1;
  if (replay) return output.result(replay, () => details(replay));
  output.note(
    `The replay continues. Show it: posthorn replays get ${started.id}. Cancel it: posthorn replays cancel ${started.id}`,
  );
}

/** Polls until the replay ends. Returns null if the user stops the command first. */
async function waitForEnd(api: Posthorn, started: Replay): Promise<Replay | null> {
  const requests = stopRequests();
  const { stop } = requests;
  const bar = progressBar(started);
  try {
    for (;;) {
      const replay = await api.replays.get(started.id, undefined, { signal: stop });
      bar.show(replay);
      if (replay.status !== 'running') return replay;
      await sleep(POLL_MS, undefined, { signal: stop });
    }
  } catch (error) {
    if (stop.aborted) return null;
    throw error;
  } finally {
    bar.stop();
    requests.dispose();
  }
}

async function offerToCancel(api: Posthorn, { id }: Replay): Promise<Replay | null> {
  const accepted = process.stdin.isTTY && (await confirm('Cancel the replay?', {}));
  return accepted ? api.replays.cancel(id) : null;
}
