import { cpus, loadavg, totalmem } from 'node:os';

/** Of the minute before this program: what else keeps the machine busy. */
const loadBefore = Number((loadavg()[0] ?? 0).toFixed(2));

/** What the figures were measured on. */
export function machineCard(): Record<string, string | number> {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    loadBefore,
  };
}
