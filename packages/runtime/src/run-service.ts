import { setFlagsFromString } from 'node:v8';
import {
  type Config,
  ConfigError,
  type ConfigShape,
  describeConfig,
  readConfig,
  serviceConfig,
  tracingConfig,
} from './config/index.js';
import { Deadline, settlesWithin } from '@posthorn/core';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { createLogger, type Logger } from './logger.js';
import { Parts } from './parts.js';
import { onlyProcess, type ProcessGroup } from './process-group.js';
import { redactText } from './redact.js';
import { startTracing } from './start-tracing.js';
import type { Tracing } from './tracing.js';

export interface ServiceContext<C> {
  config: C;
  logger: Logger;
  registry: Registry;
  group: ProcessGroup;
  /** Null when tracing is off. */
  tracing: Tracing | null;
  /** The service opens its parts here. They are stopped in reverse order, also when opening a later part fails. */
  parts: Parts;
}

interface ServiceDefinition<Shape extends ConfigShape> {
  name: string;
  config: Shape;
  /** The number of this process in its group, for the log. */
  process?: number | undefined;
  /** Opens the parts of the service. */
  start: (context: ServiceContext<Config<Shape>>) => Promise<unknown>;
}

/** Time after the shutdown deadline for closing connections, in milliseconds. */
const CLOSE_TIMEOUT_MS = 2000;

/** How often the delay of the event loop is measured, in milliseconds. Each time wakes the process. */
const EVENT_LOOP_SAMPLE_MS = 50;

/**
 * How much the old generation of V8 grows between two full garbage collections, in percent. By default about 10 % while little is
 * allocated: at 200 events/s one every few seconds, which delays deliveries (docs/performance-notebook.md). `NODE_OPTIONS` does not accept this flag.
 */
const HEAP_GROWTH_PERCENT = 100;

/** Timeout for exporting the last spans, in milliseconds. */
const FLUSH_TIMEOUT_MS = 1000;

/** A second signal within this time is ignored, in milliseconds: npm and the terminal both forward one Ctrl-C. */
const DUPLICATE_SIGNAL_MS = 1000;

/**
 * Runs the main program of a service: reads the configuration, opens the parts, and stops them at SIGTERM, SIGINT or when
 * the parent process closes the IPC channel. A second signal exits immediately. An error at start-up is printed as one line.
 * The exit code is 0 after a clean stop, otherwise 1.
 */
export async function runService<Shape extends ConfigShape>(
  definition: ServiceDefinition<Shape>,
): Promise<void> {
  const { name, process: number } = definition;
  const parts = new Parts();
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
  tolerateFailedWrites();
  try {
    const config = readConfig(definition.config, process.env);
    const { logLevel, logFile, shutdownTimeoutMs } = readConfig(serviceConfig, process.env);
    const logger = createLogger({ service: name, process: number, level: logLevel, file: logFile });
    const registry = new Registry();
    collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: EVENT_LOOP_SAMPLE_MS });
    const tracing = await startTracing({
      service: name,
      config: readConfig(tracingConfig, process.env),
      logger,
    });
    if (tracing) await parts.open({ stop: () => flush(tracing) });
    logger.debug('configuration', { config: describeConfig(definition.config, process.env) });
    const group = onlyProcess(registry);
    await definition.start({ config, logger, registry, group, tracing, parts });
    stopOnSignal({ parts, logger, timeoutMs: shutdownTimeoutMs });
    logger.info('started');
    process.send?.({ type: 'ready' });
  } catch (error) {
    process.stderr.write(`posthorn ${name}: ${redactText(describeStartError(error))}\n`);
    await settlesWithin(parts.stop(new Deadline(0)), CLOSE_TIMEOUT_MS).catch(() => false);
    process.exit(1);
  }
}

/** Drops log lines that cannot be written, because the disk is full or the reader is gone. Otherwise the process would terminate. */
function tolerateFailedWrites(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
}

/** Exports the last spans. The collector may be unavailable. */
async function flush(tracing: Tracing): Promise<void> {
  await settlesWithin(tracing.stop(), FLUSH_TIMEOUT_MS).catch(() => false);
}

function describeStartError(error: unknown): string {
  if (error instanceof ConfigError) return error.message.replaceAll('\n', '; ');
  // A refused connection can be an AggregateError with an empty message.
  if (error instanceof AggregateError && error.message === '')
    return String(error.errors[0]?.message ?? error);
  return error instanceof Error ? error.message : String(error);
}

function stopOnSignal({
  parts,
  logger,
  timeoutMs,
}: {
  parts: Parts;
  logger: Logger;
  timeoutMs: number;
}): void {
  const exitNow = (reason: string) => {
    logger.warn(reason);
    process.exit(1);
  };
  let stoppingSince: number | undefined;
  const stop = (cause: string) => {
    if (stoppingSince !== undefined) {
      if (performance.now() - stoppingSince > DUPLICATE_SIGNAL_MS)
        exitNow('second signal received: exiting immediately');
      return;
    }
    stoppingSince = performance.now();
    logger.info('stopping', { cause });
    setTimeout(() => exitNow('shutdown timed out'), timeoutMs + CLOSE_TIMEOUT_MS).unref();
    parts.stop(new Deadline(timeoutMs)).then(
      () => {
        logger.info('stopped');
        process.exit(0);
      },
      (error: unknown) => {
        logger.error('shutdown failed', { error });
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  if (process.send) process.once('disconnect', () => stop('parent process exited'));
  process.on('unhandledRejection', (error) => {
    // This is a bug, but the process can continue: all durable state is in PostgreSQL.
    logger.error('unhandled rejection', { error });
  });
}
