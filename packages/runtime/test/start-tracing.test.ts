import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { startReceiver } from '@posthorn/testkit';
import { readConfig, tracingConfig } from '../src/config/index.js';
import { createLogger } from '../src/logger.js';
import { startTracing } from '../src/start-tracing.js';

const logger = createLogger({ service: 'worker', level: 'error' });

it('exports to the endpoint that a file names', async () => {
  const collector = await startReceiver();
  const folder = mkdtempSync(path.join(tmpdir(), 'posthorn-tracing-'));
  const file = path.join(folder, 'endpoint');
  writeFileSync(file, collector.url);
  try {
    const config = readConfig(tracingConfig, { OTEL_EXPORTER_OTLP_ENDPOINT_FILE: file });
    const tracing = await startTracing({ service: 'worker', config, logger });
    tracing?.startSpan({ name: 'deliver', kind: 'client', attributes: {}, parent: null }).end();
    await tracing?.stop();
    expect(collector.requests).toHaveLength(1);
  } finally {
    delete process.env['OTEL_EXPORTER_OTLP_ENDPOINT'];
    rmSync(folder, { recursive: true });
    await collector.close();
  }
});
