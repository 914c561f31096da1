export { Counter, Gauge, Histogram, Registry } from 'prom-client';
export * from './counters.js';
export * from './every.js';
export * from './health-server.js';
export * from './logger.js';
export * from './metrics-token.js';
export * from './run-service.js';
export * from './server-gauges.js';
export * from './tasks.js';
