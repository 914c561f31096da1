// npm run lint:variables [-- --write]: checks that each variable of packages/runtime/src/config is in .env.example, docker-compose.yml, the
// schema of the chart's values and docs/configuration.md; `--write` writes their lists.
import { readFileSync, writeFileSync } from 'node:fs';
import { register } from 'node:module';

// Imports the sources, as tests do: the check needs no build.
register('./jest/typescript-hooks.mjs', import.meta.url);
const { allConfig, apiConfig, producerConfig, SECTIONS, workerConfig } =
  await import('@posthorn/runtime/config');

const COMMAND = 'npm run lint:variables -- --write';
const READERS = Object.entries({ API: apiConfig, producer: producerConfig, worker: workerConfig });

/** Compose: ports and the shutdown timeout are set in the image and in the file; there is one Redis; a container logs to standard output. */
const NOT_IN_COMPOSE = new Set([
  'POSTHORN_HEALTH_PORT',
  'POSTHORN_HOST',
  'POSTHORN_LOG_FILE',
  'POSTHORN_PORT',
  'POSTHORN_QUEUE_SHARDS',
  'POSTHORN_SHUTDOWN_TIMEOUT_MS',
  'REDIS_CLUSTER',
]);
/** Secrets of all processes. The services of the Compose file list the others. */
const SECRETS_IN_COMPOSE = new Set(['METRICS_TOKEN', 'OTEL_EXPORTER_OTLP_ENDPOINT']);
/** The chart: it has its own values for ports and the shutdown timeout, no pod has the role `all`, and a container logs to standard output. */
const NOT_IN_CHART = new Set([
  'POSTHORN_HEALTH_PORT',
  'POSTHORN_LOG_FILE',
  'POSTHORN_PORT',
  'POSTHORN_PROCESSES',
  'POSTHORN_SHUTDOWN_TIMEOUT_MS',
]);

const inSection = (title) => Object.values(allConfig).filter(({ section }) => section === title);

/** The lists: in which file, after which text, how their present lines look, and the lines that they should have. */
const LISTS = [
  {
    file: '.env.example',
    start: 'DATABASE_URL_FILE=/run/secrets/database-url.\n',
    present: /^[^]*$/,
    lines: SECTIONS.flatMap(inSection).flatMap(paragraphOf),
  },
  {
    file: 'docker-compose.yml',
    start: 'x-settings: &settings\n',
    present: /^(?: {2}\w+:\n)+/,
    lines: sortedNames(({ env, secret }) =>
      secret ? SECRETS_IN_COMPOSE.has(env) : !NOT_IN_COMPOSE.has(env),
    ).map((name) => `  ${name}:`),
  },
  {
    file: 'deploy/helm/posthorn/values.schema.json',
    start: 'Secrets belong in existingSecret.",\n      "additionalProperties": false,\n      "properties": ',
    present: /^\{\n(?: {8}.*\n)+ {6}\}\n/,
    lines: propertiesOf(sortedNames(({ env, secret }) => !secret && !NOT_IN_CHART.has(env))),
  },
  ...SECTIONS.map((title) => ({
    file: 'docs/configuration.md',
    start: `<!-- ${title}: scripts/check-variables.mjs -->\n\n`,
    present: /^(?:\|.*\n)*/,
    lines: tableOf(inSection(title)),
  })),
];

const stale = LISTS.filter((list) => currentText(list) !== readFileSync(list.file, 'utf8'));
if (process.argv.includes('--write')) for (const list of stale) writeFileSync(list.file, currentText(list));
else if (stale.length > 0) {
  const files = new Set(stale.map(({ file }) => file));
  console.error(
    `Without the variables of packages/runtime/src/config: ${[...files].join(', ')}. Run ${COMMAND}`,
  );
  process.exit(1);
}

/** Returns the text that the file of a list should have. */
function currentText({ file, start, present, lines }) {
  const [before, after] = readFileSync(file, 'utf8').split(start);
  if (after === undefined) throw new Error(`${file} does not contain ${JSON.stringify(start)}`);
  return before + start + after.replace(present, () => lines.map((line) => `${line}\n`).join(''));
}

/** Returns an assignment if the variable is required, otherwise a comment with its default. */
function paragraphOf({ env, description, default: text }) {
  return ['', `# ${description}`, text === undefined ? `${env}=` : `# ${env}=${text}`];
}

/** Returns the variables of which a condition is true, in the order of the alphabet. */
function sortedNames(condition) {
  return Object.values(allConfig)
    .filter(condition)
    .map(({ env }) => env)
    .toSorted();
}

function propertiesOf(names) {
  const properties = Object.fromEntries(names.map((name) => [name, { type: 'string' }]));
  const [first, ...others] = JSON.stringify(properties, null, 2).split('\n');
  return [first, ...others.map((line) => `      ${line}`)];
}

/** Returns a table whose columns are as wide as the formatter makes them. */
function tableOf(fields) {
  const rows = [['setting', 'default', 'read by', 'what it means'], ...fields.map(cellsOf)];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((cells) => cells[column].length)));
  const [head, ...body] = rows.map((cells) =>
    cells.map((cell, column) => cell.padEnd(widths[column])).join(' | '),
  );
  return [head, widths.map((width) => '-'.repeat(width)).join(' | '), ...body].map((line) => `| ${line} |`);
}

function cellsOf(field) {
  const readers = READERS.filter(([, shape]) => Object.values(shape).includes(field)).map(([name]) => name);
  const all = readers.length === READERS.length;
  return [
    `\`${field.env}\``,
    defaultOf(field),
    all ? 'all' : readers.join(', ') || 'role `all`',
    field.description,
  ];
}

function defaultOf({ default: text }) {
  if (text === undefined) return '**must be set**';
  return text === '' ? 'none' : `\`${text}\``;
}
