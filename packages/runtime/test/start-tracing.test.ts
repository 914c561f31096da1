import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { readConfig, tracingConfig } from '../src/config/index.js';
import { createLogger } from '../src/logger.js';
import { startTracing } from '../src/start-tracing.js';

const logger = createLogger({ service: 'worker', level: 'error' });

it('exports to the endpoint that a file names', async () => {
  const paths: (string | undefined)[] = [];
  const collector = createServer((request, response) => {
    paths.push(request.url);
    response.end();
  });
  collector.listen(0, '127.0.0.1');
  await once(collector, 'listening');
  const address = collector.address();
  const folder = mkdtempSync(path.join(tmpdir(), 'posthorn-tracing-'));
  const file = path.join(folder, 'endpoint');
  writeFileSync(file, `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
  try {
    const config = readConfig(tracingConfig, { OTEL_EXPORTER_OTLP_ENDPOINT_FILE: file });
    const tracing = await startTracing({ service: 'worker', config, logger });
    tracing?.startSpan({ name: 'deliver', kind: 'client', attributes: {}, parent: null }).end();
    await tracing?.stop();
    expect(paths).toEqual(['/v1/traces']);
  } finally {
    delete process.env['OTEL_EXPORTER_OTLP_ENDPOINT'];
    rmSync(folder, { recursive: true });
    collector.closeAllConnections();
    collector.close();
  }
});
