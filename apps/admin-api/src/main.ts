import '@posthorn/runtime/supported-node';
import { runService } from '@posthorn/runtime';
import { apiConfig } from '@posthorn/runtime/config';
import { startApi } from './start-api.js';

await runService({ name: 'api', config: apiConfig, start: startApi });
