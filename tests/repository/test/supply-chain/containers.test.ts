// Checks the container files and systemd units: no root user, no writable files, no capabilities, no default secrets.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { allConfig } from '@posthorn/runtime/config';
import { SERVICE_NODE_FLAGS } from '@posthorn/local';
import { parse } from 'yaml';
import { read, ROOT } from './manifests.js';

interface Service {
  image: string;
  user?: string;
  command?: string[];
  /** null passes on the variable of the environment in which Compose runs. */
  environment?: Record<string, string | null>;
  networks: string[];
  ports?: string[];
  volumes?: string[];
  healthcheck?: object;
  depends_on?: Record<string, { condition: string }>;
  [other: string]: unknown;
}

interface Compose {
  'x-settings': Record<string, null>;
  services: Record<string, Service>;
  networks: Record<string, { internal?: boolean } | null>;
}

const LOOSENED = [
  'privileged',
  'cap_add',
  'network_mode',
  'pid',
  'ipc',
  'devices',
  'userns_mode',
  'env_file',
];

const compose = parse(read('docker-compose.yml'), { merge: true }) as Compose;
const services = Object.entries(compose.services);
const ours = services.filter(([, { image }]) => image === 'posthorn');
const servers = services.filter(([, { image }]) => image !== 'posthorn');

describe('docker-compose.yml', () => {
  it.each(services)('%s cannot write, gain privileges or access the host', (_, service) => {
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    });
    for (const key of LOOSENED) expect(service).not.toHaveProperty(key);
    for (const volume of service.volumes ?? []) expect(volume).toMatch(/^[a-z]+:\//);
  });

  it.each(servers)(
    '%s has a fixed version, no root user, a health check and no published port',
    (name, service) => {
      expect(service.image).toMatch(/:\d+@sha256:[0-9a-f]{64}$/);
      expect(service.user).toBe(name);
      expect(service.healthcheck).toBeDefined();
      expect(service.ports).toBeUndefined();
      expect(service.networks).toEqual(['data']);
      expect(compose.networks.data?.internal).toBe(true);
    },
  );

  it.each(ours)('%s has a role and waits for PostgreSQL and Redis', (_, { command, depends_on }) => {
    const [, role] = /^node apps\/([a-z-]+)\/dist\/main\.js$/.exec(command?.join(' ') ?? '') ?? [];
    expect(existsSync(path.join(ROOT, `apps/${role}/src/main.ts`))).toBe(true);
    expect(depends_on).toEqual({
      postgres: { condition: 'service_healthy' },
      redis: { condition: 'service_healthy' },
    });
  });

  it('publishes only the API, and only on this machine', () => {
    expect(services.flatMap(([name, { ports = [] }]) => ports.map((port) => [name, port]))).toEqual([
      ['api', '127.0.0.1:8080:8080'],
    ]);
  });

  it('persists Redis in an append-only file, without eviction', () => {
    const { command, volumes } = compose.services.redis ?? {};
    expect(command?.join(' ')).toBe(
      'redis-server --appendonly yes --appendfsync everysec --maxmemory-policy noeviction',
    );
    expect(volumes).toEqual(['redis:/data']);
  });

  it('has no default secrets', () => {
    const variables = services.flatMap(([, { environment = {} }]) =>
      Object.entries(environment).flatMap(([name, value]): [string, string][] =>
        value === null ? [] : [[name, value]],
      ),
    );
    const secrets = variables.filter(([name]) => isSecret(name)).map(([, value]) => value);
    expect(secrets.length).toBeGreaterThanOrEqual(4);
    // The payload key may be empty.
    for (const value of secrets) expect(value).toMatch(/^\$\{[A-Z_]+:(?:\?[^}]+|-)\}$/);
    const urls = variables.map(([, value]) => value).filter((value) => /:\/\/[^/]*@/.test(value));
    expect(urls.length).toBeGreaterThanOrEqual(3);
    for (const url of urls) expect(url).toMatch(/^\w+:\/\/\w+:\$\{[A-Z_]+:\?[^}]+\}@/);
  });

  it('gives each role only the secrets that it needs', () => {
    const keys = ours.map(([name, { environment = {} }]) => [
      name,
      Object.keys(environment).filter((variable) => isSecret(variable) && variable !== 'METRICS_TOKEN'),
    ]);
    expect(Object.fromEntries(keys)).toEqual({
      api: [
        'POSTHORN_ENCRYPTION_KEY',
        'POSTHORN_ADMIN_KEY',
        'POSTHORN_OIDC_CLIENT_SECRET',
        'POSTHORN_PAYLOAD_KEY',
      ],
      producer: ['POSTHORN_PAYLOAD_KEY'],
      worker: ['POSTHORN_ENCRYPTION_KEY', 'POSTHORN_PAYLOAD_KEY'],
    });
  });

  it('passes the list of settings on to each role', () => {
    for (const [, { environment }] of ours) expect(environment).toMatchObject(compose['x-settings']);
  });
});

describe.each(['posthorn@.service', 'posthorn-worker@.service'])('deploy/systemd/%s', (file) => {
  const unit = read(`deploy/systemd/${file}`);

  it('runs a role with the Node flags of the local stack, and a stop timeout longer than its own', () => {
    const [, flags, app = ''] =
      /^ExecStart=\/usr\/bin\/node (.*) apps\/(.+)\/dist\/main\.js$/m.exec(unit) ?? [];
    expect(flags).toBe(SERVICE_NODE_FLAGS.join(' '));
    expect(['%i', 'worker']).toContain(app);
    // Without a port, a producer or worker serves no metrics.
    expect(unit).toMatch(/^Environment=.* POSTHORN_HEALTH_PORT=[1-9]/m);
    expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1]) * 1000).toBeGreaterThan(
      Number(allConfig.shutdownTimeoutMs.default) + 2000,
    );
  });

  it('has no root user, no capabilities, no writable files and no secrets', () => {
    for (const line of [
      'DynamicUser=yes',
      'CapabilityBoundingSet=',
      'NoNewPrivileges=yes',
      'ProtectSystem=strict',
    ])
      expect(unit.split('\n')).toContain(line);
    expect(unit).not.toMatch(/^(User|Group|AmbientCapabilities|ReadWritePaths|StateDirectory)=/m);
    expect(unit).not.toMatch(/^Environment=.*(KEY|TOKEN|_URL)/m);
  });
});

describe('.env.example', () => {
  it('has no secrets', () => {
    const lines = Array.from(read('.env.example').matchAll(/^(?:# )?([A-Z_]+)=(.*)$/gm));
    const secrets = lines.filter(([, name = '']) => isSecret(name) || name.endsWith('_URL'));
    expect(secrets.map(([, name]) => name)).toContain('POSTHORN_ENCRYPTION_KEY');
    expect(secrets.filter(([, , value]) => value !== '')).toEqual([]);
  });
});

describe('the image', () => {
  const instructions = read('deploy/Dockerfile')
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const last = instructions.slice(instructions.findLastIndex((line) => line.startsWith('FROM ')));
  const packages = ['admin-api', 'producer', 'worker', 'all', 'cli'].map((name) => `@posthorn/${name}`);

  it('has a base image that is fixed by its digest', () => {
    const bases = instructions.flatMap((line) => /^FROM (\S+)/.exec(line)?.[1] ?? []);
    const stages = new Set(instructions.map((line) => /^FROM .* AS (\S+)/.exec(line)?.[1]));
    const images = bases.filter((base) => !stages.has(base));
    expect(images).toHaveLength(1);
    expect(images[0]).toMatch(/^node:22-slim@sha256:[0-9a-f]{64}$/);
  });

  it('runs without root, with read-only files', () => {
    expect(last.filter((line) => line.startsWith('USER '))).toEqual(['USER 1000:1000']);
    expect(last.filter((line) => /^COPY .*--ch(own|mod)/.test(line))).toEqual([]);
    expect(last.filter((line) => line.startsWith('RUN '))).toEqual([]);
  });

  it('has a health check with the options that Buildah 1.28 and Docker 20 support', () => {
    const check = last.find((line) => line.startsWith('HEALTHCHECK '));
    expect(check).toMatch(/^HEALTHCHECK --interval=\d+s --timeout=\d+s --start-period=\d+s CMD /);
  });

  it('is built from the lock file, without install scripts', () => {
    const text = instructions.join('\n');
    const npm = [...text.matchAll(/\bnpm (ci|install|i|prune|rebuild)\b[^&\n]*/g)].map(
      ([command]) => command,
    );
    expect(npm).toHaveLength(3);
    for (const command of npm) expect(command).toMatch(/^npm (ci|prune) .*--ignore-scripts/);
    expect(text).toContain(`turbo prune ${packages.join(' ')} --docker`);
    expect(text).not.toMatch(/^(ADD|ARG) |curl|wget|apt-get/m);
  });

  it('has the Node flags of the local stack', () => {
    expect(last.join('\n')).toContain(`NODE_OPTIONS="${SERVICE_NODE_FLAGS.join(' ')}"`);
  });

  it('excludes secrets and the Git history', () => {
    const ignored = read('.dockerignore').split('\n');
    expect(ignored).toEqual(expect.arrayContaining(['**/.env', '**/.env.*', '.git', '.posthorn']));
  });
});

describe('its health check', () => {
  it.each([
    ['API', 'POSTHORN_PORT', 200, 0],
    ['worker', 'POSTHORN_HEALTH_PORT', 200, 0],
    ['stopping API', 'POSTHORN_PORT', 503, 1],
    ['worker without Redis', 'POSTHORN_HEALTH_PORT', 503, 1],
  ])('of the %s (%s returns %i) exits with %i', async (_, variable, status, code) => {
    const server = createServer(({ url }, response) =>
      response.writeHead(url === '/readyz' ? status : 404).end(),
    );
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await checkHealth({ [variable]: String(port) })).toBe(code);
    server.close();
  });

  it('exits with 1 when nothing listens', async () => {
    expect(await checkHealth({})).toBe(1);
  });
});

function isSecret(name: string): boolean {
  return /KEY$|SECRET|PASSWORD|TOKEN/.test(name);
}

/** Runs the health check and returns its exit code. Other ports are closed. */
async function checkHealth(ports: Record<string, string>): Promise<number> {
  const child = spawn(process.execPath, [path.join(ROOT, 'deploy/healthcheck.mjs')], {
    env: { POSTHORN_PORT: '1', POSTHORN_HEALTH_PORT: '1', ...ports },
    stdio: 'ignore',
  });
  const [code] = (await once(child, 'exit')) as [number];
  return code;
}
