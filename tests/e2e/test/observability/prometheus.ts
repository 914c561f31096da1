import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { freePort, isDebian, isRoot, which } from '@posthorn/local';
import { eventually } from '@posthorn/testkit';
import { stringify } from 'yaml';

const run = promisify(execFile);

export interface PrometheusPrograms {
  prometheus: string;
  promtool: string;
}

/** Undefined if they are not installed and cannot be downloaded. */
export async function findPrometheus(): Promise<PrometheusPrograms | undefined> {
  const [prometheus, promtool] = [which('prometheus'), which('promtool')];
  if (prometheus && promtool) return { prometheus, promtool };
  return isDebian() ? unpackPrometheus().catch(() => undefined) : undefined;
}

/** Extracts the programs from their package, because installing it would start a server. */
async function unpackPrometheus(): Promise<PrometheusPrograms> {
  const folder = path.join(tmpdir(), `posthorn-prometheus-${process.getuid?.()}`);
  const bin = path.join(folder, 'usr/bin');
  const programs = { prometheus: path.join(bin, 'prometheus'), promtool: path.join(bin, 'promtool') };
  if (existsSync(programs.promtool)) return programs;
  await mkdir(folder, { recursive: true });
  const download = () => run('apt-get', ['download', 'prometheus'], { cwd: folder });
  await download().catch(async (error: unknown) => {
    if (!isRoot()) throw error;
    await run('apt-get', ['update']);
    await download();
  });
  const deb = (await readdir(folder)).find((file) => file.endsWith('.deb')) ?? '';
  await run('dpkg-deb', ['--extract', path.join(folder, deb), folder]);
  return programs;
}

/** Returns the output of promtool. @throws Error with the problems that it reports */
export async function runPromtool(
  { promtool: program }: PrometheusPrograms,
  args: string[],
  cwd: string,
): Promise<string> {
  const { stdout } = await run(program, args, { cwd });
  return stdout;
}

export interface Series {
  metric: Record<string, string>;
  value: [time: number, value: string];
}

export interface Prometheus {
  query(expr: string): Promise<Series[]>;
  stop(): Promise<void>;
}

/** Starts a Prometheus that scrapes these targets every second, with these rules. */
export async function startPrometheus(
  { prometheus: program }: PrometheusPrograms,
  { targets, rules }: { targets: Record<string, number>; rules: unknown },
): Promise<Prometheus> {
  const folder = await mkdtemp(path.join(tmpdir(), 'posthorn-prometheus-data-'));
  const scrapes = Object.entries(targets).map(([job, port]) => ({
    job_name: job,
    static_configs: [{ targets: [`127.0.0.1:${port}`] }],
  }));
  const settings = {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: ['rules.yml'],
    scrape_configs: scrapes,
  };
  await writeFile(path.join(folder, 'rules.yml'), stringify(rules));
  await writeFile(path.join(folder, 'prometheus.yml'), stringify(settings));
  const port = await freePort();
  const child = spawn(
    program,
    [
      '--config.file=prometheus.yml',
      '--storage.tsdb.path=data',
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const ended = once(child, 'exit');
  const api = `http://127.0.0.1:${port}`;
  await eventually(async () => expectOk(await fetch(`${api}/-/ready`)));
  return {
    async query(expr) {
      const response = await fetch(`${api}/api/v1/query`, {
        method: 'POST',
        body: new URLSearchParams({ query: expr }),
      });
      const { status, error, data } = (await response.json()) as {
        status: string;
        error: string;
        data: { result: Series[] };
      };
      if (status !== 'success') throw new Error(`${expr}: ${error}`);
      return data.result;
    },
    async stop() {
      child.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}

function expectOk({ ok, status }: Response): void {
  if (!ok) throw new Error(`Prometheus returned ${status}`);
}
