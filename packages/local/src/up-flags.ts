import { parseArgs } from 'node:util';
import { StartError } from './start-error.js';

export interface UpFlags {
  port: number;
  workers: number;
  dataDir: string;
}

/** @throws StartError when a flag is invalid */
export function readUpFlags(args: string[]): UpFlags {
  const values = parse(args);
  return {
    port: integer('--port', values.port, { min: 1, max: 65_535 }),
    workers: integer('--workers', values.workers, { min: 1, max: 64 }),
    dataDir: values.data,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        port: { type: 'string', default: '8080' },
        workers: { type: 'string', default: '2' },
        data: { type: 'string', default: '.posthorn' },
      },
    }).values;
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error);
    throw new StartError(`${reason} (available: --port P, --workers N, --data DIR)`, { cause: error });
  }
}

function integer(flag: string, text: string, { min, max }: { min: number; max: number }): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new StartError(`${flag} must be an integer from ${min} to ${max}, not "${text}"`);
}
