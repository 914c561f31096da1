// Generates src/generated/webhook-defaults.ts. The OpenAPI document contains these defaults only as prose.
import { mkdir, writeFile } from 'node:fs/promises';
import {
  DEFAULT_AUTO_SUSPEND_AFTER_DAYS,
  DEFAULT_MAX_BLOCKED_MINUTES,
  DEFAULT_MAX_IN_FLIGHT,
  DEFAULT_TIMEOUT_MS,
} from '@posthorn/contract';
import { DEFAULT_RETRY_SCHEDULE } from '@posthorn/core';

const defaults = {
  retrySchedule: DEFAULT_RETRY_SCHEDULE,
  timeoutMs: DEFAULT_TIMEOUT_MS,
  maxInFlight: DEFAULT_MAX_IN_FLIGHT,
  autoSuspendAfterDays: DEFAULT_AUTO_SUSPEND_AFTER_DAYS,
  maxBlockedMinutes: DEFAULT_MAX_BLOCKED_MINUTES,
};

const folder = new URL('../src/generated/', import.meta.url);

await mkdir(folder, { recursive: true });
await writeFile(
  new URL('webhook-defaults.ts', folder),
  `export const WEBHOOK_DEFAULTS = ${JSON.stringify(defaults)};\n`,
);
