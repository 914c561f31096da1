import '@posthorn/runtime/supported-node';
import { runService } from '@posthorn/runtime';
import { workerConfig } from '@posthorn/runtime/config';
import { startWorker } from './start-worker.js';

await runService({ name: 'worker', config: workerConfig, start: startWorker });
