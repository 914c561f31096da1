import '@posthorn/runtime/supported-node';
import { runService } from '@posthorn/runtime';
import { producerConfig } from '@posthorn/runtime/config';
import { startProducer } from './start-producer.js';

await runService({ name: 'producer', config: producerConfig, start: startProducer });
