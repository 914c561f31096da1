// Checks the Helm chart rendered with three sets of values, in deploy/helm/rendered, so Helm is not needed here.
// `npm run check:deploy` renders it and validates it with the Kubernetes schemas.
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import {
  apiConfig,
  allConfig,
  type ConfigShape,
  type Field,
  producerConfig,
  workerConfig,
} from '@posthorn/runtime/config';
import { LANES } from '@posthorn/core';
import { SERVICE_NODE_FLAGS } from '@posthorn/local';
import { parse, parseAllDocuments } from 'yaml';
import { read, ROOT } from '../supply-chain/manifests.js';

type Labels = Record<string, string>;

interface Variable {
  name: string;
  value?: string;
  valueFrom?: { secretKeyRef: { name: string; key: string; optional?: boolean } };
}

interface Container {
  command: string[];
  env: Variable[];
  volumeMounts?: { readOnly?: boolean }[];
  ports?: { name: string; containerPort: number }[];
  resources: { limits: { memory: string } };
  [probe: `${string}Probe`]: { httpGet: { path: string; port: string } };
}

interface Pod {
  metadata: { labels: Labels };
  spec: { containers: [Container]; terminationGracePeriodSeconds: number; volumes?: object[] };
}

interface Manifest {
  kind: string;
  metadata: { name: string; labels: Labels; annotations?: Labels };
  spec: { template: Pod; replicas?: number; selector: { matchLabels: Labels } };
}

interface ScaledObject {
  spec: {
    scaleTargetRef: { name: string };
    minReplicaCount: number;
    triggers: { type: string; metadata: { query: string; threshold: string } }[];
  };
}

const RENDERED = 'deploy/helm/rendered';
const ALERTS = 'deploy/prometheus/alerts.yml';
const ROLES: Record<string, { app: string; config: ConfigShape; port: string }> = {
  api: { app: 'admin-api', config: apiConfig, port: 'POSTHORN_PORT' },
  producer: { app: 'producer', config: producerConfig, port: 'POSTHORN_HEALTH_PORT' },
  worker: { app: 'worker', config: workerConfig, port: 'POSTHORN_HEALTH_PORT' },
};
/** In the values of the set `keda`. */
const EXTRA_ENV = new Set(['NODE_EXTRA_CA_CERTS', 'OTEL_EXPORTER_OTLP_HEADERS']);
const sets = readdirSync(path.join(ROOT, RENDERED)).map((file) => path.basename(file, '.yaml'));
const manifests = new Map(
  sets.map((set) => [
    set,
    parseAllDocuments(read(`${RENDERED}/${set}.yaml`)).map((document) => document.toJS() as Manifest),
  ]),
);
const some = (set: string, kind: string) =>
  (manifests.get(set) ?? []).filter((manifest) => manifest.kind === kind);
/** The caller must know the fields of this kind. */
const one = (set: string, kind: string): unknown => {
  const [found, ...others] = some(set, kind);
  expect(found).toBeDefined();
  expect(others).toEqual([]);
  return found;
};

const deployments = sets.flatMap((set) =>
  some(set, 'Deployment').map((deployment) => {
    const { component: role = '' } = componentOf(deployment.metadata.labels);
    const pod = deployment.spec.template;
    const [container] = pod.spec.containers;
    return { set, role, deployment, pod, container };
  }),
);
const pods = [
  ...deployments,
  ...sets.flatMap((set) =>
    some(set, 'Job').map(({ spec: { template } }) => ({
      set,
      role: 'migrate',
      pod: template,
      container: template.spec.containers[0],
    })),
  ),
];

it('is rendered from the current chart, with each set of values', async () => {
  const script = path.join(ROOT, 'scripts/chart-fingerprint.mjs');
  const { chartFingerprint } = (await import(script)) as { chartFingerprint(): string };
  for (const set of sets)
    expect(read(`${RENDERED}/${set}.yaml`).split('\n')[0]).toContain(chartFingerprint());
  const values = readdirSync(path.join(ROOT, 'deploy/helm/posthorn/ci'));
  expect(values.map((file) => file.replace('-values.yaml', ''))).toEqual(sets);
});

it('has the version of the packages, and an image of that version', () => {
  const { version } = JSON.parse(read('package.json')) as { version: string };
  expect(parse(read('deploy/helm/posthorn/Chart.yaml'))).toMatchObject({ version, appVersion: version });
});

describe.each(pods)('a pod of $role ($set)', ({ pod, container }) => {
  it('has no root user, no capabilities, no writable files and no token', () => {
    expect(pod.spec).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
    });
    expect(container).toMatchObject({
      securityContext: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      },
    });
    for (const { readOnly } of container.volumeMounts ?? []) expect(readOnly).toBe(true);
    for (const key of ['hostNetwork', 'hostPID', 'hostIPC']) expect(pod.spec).not.toHaveProperty(key);
  });

  it('gets no variables of Services, which are not settings of Posthorn', () => {
    expect(pod.spec).toMatchObject({ enableServiceLinks: false });
  });

  it('gets only existing settings, and secrets only from the Secret', () => {
    const fields = new Map(Object.values(allConfig).map((field: Field) => [field.env, field]));
    for (const { name, value, valueFrom } of container.env) {
      if (EXTRA_ENV.has(name)) continue;
      const field = fields.get(name);
      expect({ name, known: field !== undefined }).toEqual({ name, known: true });
      if (field?.secret) {
        expect(value).toBeUndefined();
        expect(valueFrom?.secretKeyRef).toMatchObject({ name: 'posthorn', key: name });
      } else expect(field?.schema.safeParse(value).error).toBeUndefined();
    }
  });
});

describe.each(deployments)('the Deployment of $role ($set)', ({ set, role, deployment, pod, container }) => {
  const { app = '', config = {}, port = '' } = ROLES[role] ?? {};
  const variable = (name: string) => container.env.find((entry) => entry.name === name);

  it('runs its role', () => {
    expect(container.command).toEqual(['node', `apps/${app}/dist/main.js`]);
    expect(existsSync(path.join(ROOT, `apps/${app}/src/main.ts`))).toBe(true);
  });

  it('has the secrets of its role, and requires those without a default', () => {
    const secrets = container.env.flatMap(({ name, valueFrom }) => {
      const optional = valueFrom?.secretKeyRef.optional === true;
      return valueFrom && !EXTRA_ENV.has(name) ? [{ name, optional }] : [];
    });
    const wanted = Object.values(config)
      .filter(({ secret }) => secret)
      .map((field) => ({ name: field.env, optional: field.default !== undefined }));
    expect(byName(secrets)).toEqual(byName(wanted));
  });

  it('selects its pods by labels that never change', () => {
    const selector = { name: 'posthorn', instance: 'posthorn', component: role };
    expect(componentOf(deployment.spec.selector.matchLabels)).toEqual(selector);
    expect(Object.keys(deployment.spec.selector.matchLabels)).toHaveLength(3);
    expect(pod.metadata.labels).toMatchObject(deployment.spec.selector.matchLabels);
  });

  it('has a PodDisruptionBudget', () => {
    const budgets = some(set, 'PodDisruptionBudget').map(({ spec }) => spec.selector.matchLabels);
    expect(budgets).toContainEqual(deployment.spec.selector.matchLabels);
    expect(budgets).toHaveLength(Object.keys(ROLES).length);
  });

  it('has a grace period longer than its shutdown timeout', () => {
    const timeoutMs = Number(variable('POSTHORN_SHUTDOWN_TIMEOUT_MS')?.value);
    expect(pod.spec.terminationGracePeriodSeconds * 1000).toBeGreaterThan(timeoutMs + 2000);
  });

  it('has probes on its own port', () => {
    const [opened] = container.ports ?? [];
    expect(variable(port)?.value).toBe(String(opened?.containerPort));
    const probes = [container.startupProbe, container.readinessProbe, container.livenessProbe];
    expect(probes.map((probe) => probe?.httpGet)).toEqual([
      { path: '/healthz', port: opened?.name },
      { path: '/readyz', port: opened?.name },
      { path: '/healthz', port: opened?.name },
    ]);
  });

  it('has a memory limit that fits the Node flags', () => {
    const [semiSpaceMb = NaN, oldSpaceMb = NaN] = SERVICE_NODE_FLAGS.map((flag) =>
      Number(flag.split('=')[1]),
    );
    expect(container.resources.limits.memory).toBe('1Gi');
    expect(1024).toBeGreaterThan(3 * semiSpaceMb + oldSpaceMb);
  });
});

describe.each(sets)('the Service (%s)', (set) => {
  it('targets the API', () => {
    const service = one(set, 'Service') as { spec: { selector: Labels; ports: [{ targetPort: string }] } };
    const api = deployments.find((entry) => entry.set === set && entry.role === 'api');
    expect(service.spec.selector).toEqual(api?.deployment.spec.selector.matchLabels);
    expect(service.spec.ports[0].targetPort).toBe(api?.container.ports?.[0]?.name);
  });
});

describe('migrations', () => {
  it('are a job before each install and upgrade, which no Deployment selects', () => {
    const { metadata, spec } = one('default', 'Job') as Manifest;
    expect(metadata.annotations).toMatchObject({ 'helm.sh/hook': 'pre-install,pre-upgrade' });
    const [, program = '', command] = spec.template.spec.containers[0].command;
    expect(existsSync(path.join(ROOT, program))).toBe(true);
    expect(command).toBe('migrate');
    expect(componentOf(spec.template.metadata.labels).component).toBe('migrate');
  });

  it('can use a newer schema, a private authority, and servers that only the new values name', () => {
    const { spec } = one('keda', 'Job') as Manifest;
    const [{ env, volumeMounts }] = spec.template.spec.containers;
    expect(env).toContainEqual({ name: 'POSTHORN_ALLOW_NEWER_SCHEMA', value: 'true' });
    expect(env).toContainEqual({ name: 'NODE_EXTRA_CA_CERTS', value: '/etc/posthorn/ca.pem' });
    expect(volumeMounts).toHaveLength(1);
    expect(spec.template.spec.volumes).toHaveLength(1);
    const policy = some('keda', 'NetworkPolicy').find(({ metadata }) => metadata.name === 'posthorn-migrate');
    expect(policy?.metadata.annotations).toMatchObject({
      'helm.sh/hook': 'pre-install,pre-upgrade',
      'helm.sh/hook-weight': '-1',
    });
  });

  it('run in the processes if that is configured', () => {
    expect(some('hpa', 'Job')).toEqual([]);
  });
});

describe('workers', () => {
  it('have the configured number of replicas without autoscaling', () => {
    expect(replicasOf('default')).toBe(2);
    expect([...some('default', 'ScaledObject'), ...some('default', 'HorizontalPodAutoscaler')]).toEqual([]);
  });

  it('are scaled by KEDA on the age and depth of lanes, with metrics of the API', () => {
    const { spec } = one('keda', 'ScaledObject') as ScaledObject;
    expect(replicasOf('keda')).toBeUndefined();
    expect(spec.scaleTargetRef.name).toBe('posthorn-worker');
    const queries = spec.triggers.map(({ metadata }) => metadata.query);
    const metrics = queries.map((query) => /posthorn_\w+/.exec(query)?.[0]);
    expect(new Set(metrics)).toEqual(
      new Set(['posthorn_oldest_due_delivery_age_seconds', 'posthorn_delivery_jobs']),
    );
    const gauges = ['engine-gauges.ts', 'queue-depth-gauge.ts'].map((file) =>
      read(`apps/admin-api/src/monitoring/${file}`),
    );
    for (const metric of metrics) expect(gauges.join('')).toContain(`name: '${metric}'`);
    const lanes = queries.flatMap((query) => /lane=~?"([^"]+)"/.exec(query)?.[1]?.split('|') ?? []);
    expect(lanes).toHaveLength(6);
    for (const lane of lanes) expect(LANES).toContain(lane);
    for (const query of queries) expect(query).toContain(',namespace="posthorn"}');
  });

  it('are scaled by CPU without KEDA', () => {
    expect(replicasOf('hpa')).toBeUndefined();
    expect(one('hpa', 'HorizontalPodAutoscaler')).toMatchObject({
      spec: { scaleTargetRef: { kind: 'Deployment', name: 'posthorn-worker' } },
    });
  });
});

describe('the Prometheus configuration', () => {
  it('has the job names that the alerts use', () => {
    const { spec } = one('keda', 'PodMonitor') as { spec: { podMetricsEndpoints: { port: string }[] } };
    expect(spec.podMetricsEndpoints.map(({ port }) => port)).toEqual(['http', 'health']);
    for (const endpoint of spec.podMetricsEndpoints) {
      const component = '__meta_kubernetes_pod_label_app_kubernetes_io_component';
      const relabeling = { sourceLabels: [component], targetLabel: 'job', replacement: 'posthorn-$1' };
      expect(endpoint).toMatchObject({ path: '/metrics', relabelings: [relabeling] });
    }
    for (const role of Object.keys(ROLES)) expect(read(ALERTS)).toContain(`job=~"posthorn-(${role}|all)"`);
  });

  it('has the alerts of deploy/prometheus', () => {
    expect(realpathSync(path.join(ROOT, 'deploy/helm/posthorn/files/alerts.yml'))).toBe(
      realpathSync(path.join(ROOT, ALERTS)),
    );
  });
});

function replicasOf(set: string): number | undefined {
  return deployments.find((entry) => entry.set === set && entry.role === 'worker')?.deployment.spec.replicas;
}

/** The three identifying labels. */
function componentOf(labels: Labels): Labels {
  const entries = ['name', 'instance', 'component'].map((name) => [
    name,
    labels[`app.kubernetes.io/${name}`],
  ]);
  return Object.fromEntries(entries) as Labels;
}

function byName<T extends { name: string }>(list: T[]): T[] {
  return list.toSorted((a, b) => a.name.localeCompare(b.name));
}
