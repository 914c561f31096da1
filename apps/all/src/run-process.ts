import cluster from 'node:cluster';
import { startApi } from '@posthorn/admin-api';
import { startProducer } from '@posthorn/producer';
import { runService } from '@posthorn/runtime';
import { allConfig } from '@posthorn/runtime/config';
import { startWorker } from '@posthorn/worker';
import { groupGauges } from './group-gauges.js';
import { joinGroup } from './join-group.js';

/** Its number in the group. NaN without one, also below another primary, such as that of a process manager. */
const number = cluster.isWorker ? Number(process.argv[2]) : Number.NaN;
const isMember = Number.isInteger(number);

await runService({
  name: 'all',
  config: allConfig,
  process: isMember ? number : undefined,
  async start(alone) {
    const { config, registry } = alone;
    const context = isMember ? { ...alone, group: joinGroup(registry, config.processes) } : alone;
    groupGauges(registry, context.group);
    // The API serves the health checks and the metrics of the process.
    const inner = { ...context, config: { ...config, healthPort: 0 } };
    // Stopped in the reverse order: the API accepts no more events before the producer and the worker finish theirs.
    const startOrReturn = await startWorker(inner);
    await startProducer(inner, startOrReturn);
    await startApi(context, { startOrReturn });
  },
});
