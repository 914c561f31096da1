import { runService } from '@posthorn/runtime';
import { allConfig } from '@posthorn/runtime/config';
import { Group } from './group.js';
import { memberEnvironment } from './member-environment.js';

const { processes, logFile, shutdownTimeoutMs } = allConfig;

await runService({
  name: 'all',
  config: { processes, logFile, shutdownTimeoutMs },
  async start({ config, logger, parts }) {
    const size = config.processes;
    await parts.open(
      new Group({
        size,
        environmentOf: (number) => memberEnvironment(process.env, { size, number, logFile: config.logFile }),
        shutdownTimeoutMs: config.shutdownTimeoutMs,
        onProgress: (line) => logger.warn(line),
      }),
    );
  },
});
