import '@posthorn/runtime/supported-node';
import cluster from 'node:cluster';
import { allConfig } from '@posthorn/runtime/config';

const { env: variable, schema } = allConfig.processes;
// An invalid number counts as 1: a single process reports all invalid settings.
const size = schema.safeParse(process.env[variable]).data ?? 1;

await (cluster.isPrimary && size > 1 ? import('./run-primary.js') : import('./run-process.js'));
