import {
  type Config,
  ConfigError,
  configFields,
  type ConfigShape,
  describeConfig,
  readConfig,
} from '@posthorn/contract';
import { settlesWithin } from '@posthorn/core';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { createLogger, type Logger } from './logger.js';
import { startTracing, type Tracing, TRACING_CONFIG } from './tracing.js';

/** What every service reads, whatever else it does. */
const OWN_CONFIG = { logLevel: configFields.logLevel, shutdownTimeoutMs: configFields.shutdownTimeoutMs };

export interface ServiceContext<C> {
  config: C;
  logger: Logger;
  registry: Registry;
  /** Null where no traces are wanted. */
  tracing: Tracing | null;
}

/** A service at work. `stop` takes no more, finishes what is in flight, and leaves nothing open. */
export interface RunningService {
  stop(): Promise<void>;
}

export interface ServiceDefinition<Shape extends ConfigShape> {
  name: string;
  config: Shape;
  start: (context: ServiceContext<Config<Shape>>) => Promise<RunningService>;
}

/** Time beyond the shutdown deadline for closing connections, in milliseconds. */
const CLOSING_GRACE_MS = 2000;

/** How long the last spans may take to be sent, in milliseconds. */
const FLUSH_MS = 1000;

/** A second signal counts only after so long: npm and the terminal both pass on one Ctrl-C. */
const SAME_REQUEST_MS = 1000;

/**
 * The main program of a service: configuration, logs, start, and a clean stop at SIGTERM, SIGINT or when the parent
 * process that holds our IPC channel is gone. A second signal ends it at once. What prevents the start is one clear line.
 * The exit code is 0 after a clean stop, else 1.
 */
export async function runService<Shape extends ConfigShape>(
  definition: ServiceDefinition<Shape>,
): Promise<void> {
  const { name } = definition;
  try {
    const config = readConfig(definition.config, process.env);
    const { logLevel, shutdownTimeoutMs } = readConfig(OWN_CONFIG, process.env);
    const logger = createLogger({ service: name, level: logLevel });
    const registry = new Registry();
    collectDefaultMetrics({ register: registry });
    const tracing = await startTracing({
      service: name,
      config: readConfig(TRACING_CONFIG, process.env),
      logger,
    });
    logger.debug('configuration', { config: describeConfig(definition.config, process.env) });
    const service = await definition.start({ config, logger, registry, tracing });
    const running = {
      async stop() {
        await service.stop();
        if (tracing) await settlesWithin(tracing.stop(), FLUSH_MS).catch(() => false);
      },
    };
    stopOnSignal({ name, running, logger, timeoutMs: shutdownTimeoutMs });
    logger.info('started');
    process.send?.({ type: 'ready' });
  } catch (error) {
    process.stderr.write(`posthorn ${name}: ${startFault(error)}\n`);
    process.exit(1);
  }
}

function startFault(error: unknown): string {
  if (error instanceof ConfigError) return error.message.replaceAll('\n', '; ');
  // A refused connection may come as an AggregateError without a message of its own.
  if (error instanceof AggregateError && error.message === '')
    return String(error.errors[0]?.message ?? error);
  return error instanceof Error ? error.message : String(error);
}

function stopOnSignal(service: {
  name: string;
  running: RunningService;
  logger: Logger;
  timeoutMs: number;
}): void {
  const { running, logger } = service;
  const giveUp = (reason: string) => {
    logger.warn(reason);
    process.exit(1);
  };
  let askedAt: number | undefined;
  const stop = (cause: string) => {
    if (askedAt !== undefined) {
      if (performance.now() - askedAt > SAME_REQUEST_MS) giveUp('told again to stop: ending at once');
      return;
    }
    askedAt = performance.now();
    logger.info('stopping', { cause });
    setTimeout(() => giveUp('not everything ended in time'), service.timeoutMs + CLOSING_GRACE_MS).unref();
    running.stop().then(
      () => {
        logger.info('stopped');
        process.exit(0);
      },
      (error: unknown) => {
        logger.error('stopping failed', { error });
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  if (process.send) process.once('disconnect', () => stop('parent gone'));
  process.on('unhandledRejection', (error) => {
    // A fault of ours that nobody waited for: say so and go on; everything durable is in PostgreSQL.
    logger.error('unhandled rejection', { error });
  });
}
