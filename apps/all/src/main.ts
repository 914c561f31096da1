import '@posthorn/runtime/supported-node';
import { startApi } from '@posthorn/admin-api';
import { startProducer } from '@posthorn/producer';
import { runService } from '@posthorn/runtime';
import { allConfig } from '@posthorn/runtime/config';
import { startWorker } from '@posthorn/worker';

await runService({
  name: 'all',
  config: allConfig,
  async start(context) {
    // The API serves the health checks and the metrics of the process.
    const inner = { ...context, config: { ...context.config, healthPort: 0 } };
    // Stopped in the reverse order: the API accepts no more events before the producer and the worker finish theirs.
    const startHere = await startWorker(inner);
    await startProducer(inner, startHere);
    await startApi(context, startHere);
  },
});
