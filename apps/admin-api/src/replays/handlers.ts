import { bindHandlers } from '../calls/bind-handlers.js';
import type { ReplayDeps } from './deps.js';
import { createRecovery, listRecoveries, getRecovery, cancelRecovery } from './recoveries.js';
import { replayWebhook, replayEvent, listReplays, getReplay, cancelReplay } from './replays.js';

/** Creates the handlers of replays and recoveries. */
export const createReplayHandlers = (deps: ReplayDeps) =>
  bindHandlers(
    {
      createRecovery,
      listRecoveries,
      getRecovery,
      cancelRecovery,
      replayWebhook,
      replayEvent,
      listReplays,
      getReplay,
      cancelReplay,
    },
    deps,
  );
