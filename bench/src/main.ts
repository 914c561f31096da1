import { parseArgs } from 'node:util';
import { againstBare, runBare } from './against-bare.js';
import { startBench, stopBench } from './bench.js';
import { costlyHandshakes } from './costly-handshakes.js';
import { dead } from './dead.js';
import { drain } from './drain.js';
import { e2eHttp } from './e2e-http.js';
import { e2eRedis } from './e2e-redis.js';
import { everyday } from './everyday.js';
import { everydayAgainst } from './everyday-against.js';
import { fanout } from './fanout.js';
import { flood } from './flood.js';
import { footprint } from './footprint.js';
import { fullRedis } from './full-redis.js';
import { growth } from './growth.js';
import { idle } from './idle.js';
import { isolation, RECEIVERS, TOKEN_ENDPOINTS } from './isolation.js';
import { latency } from './latency.js';
import { lists } from './lists.js';
import { memory } from './memory.js';
import { ordered } from './ordered.js';
import { outbox } from './outbox.js';
import { overload } from './overload.js';
import { purge } from './purge.js';
import { rateLimits } from './rate-limits.js';
import { recovery } from './recovery.js';
import { replay } from './replay.js';
import { type Options, report, type Scenario } from './result.js';
import { retention } from './retention.js';
import { scale } from './scale.js';
import { tls } from './tls.js';
import { soak } from './soak.js';

/** Loads the extension that counts statements. It costs some CPU, so only the scenario that measures no CPU loads it. */
const COUNT_STATEMENTS = ['-c', 'shared_preload_libraries=pg_stat_statements'];

const E2E_HTTP = { threshold: 0.68, target: 0.85 };

/** The scenarios with their thresholds and targets. */
const SCENARIOS: Record<string, Scenario> = {
  bare: againstBare({ name: 'bare', run: runBare, threshold: 1, target: 1 }),
  everyday: everyday('separate'),
  'everyday-all': everyday('all'),
  idle: idle('separate'),
  'idle-all': idle('all'),
  footprint,
  drain: againstBare({ name: 'drain', run: drain, threshold: 1, target: 1.2 }),
  'e2e-redis': againstBare({ name: 'e2e-redis', run: e2eRedis, threshold: 0.65, target: 0.8 }),
  'e2e-http': againstBare({ ...E2E_HTTP, name: 'e2e-http', run: e2eHttp('separate') }),
  'e2e-http-all': againstBare({
    ...E2E_HTTP,
    name: 'e2e-http-all',
    run: e2eHttp('all'),
  }),
  fanout,
  latency,
  ordered,
  outbox: outbox('postgresql'),
  'outbox-notify': outbox('notify'),
  'outbox-mariadb': outbox('mariadb'),
  overload,
  isolation: isolation(RECEIVERS),
  'isolation-oauth': isolation(TOKEN_ENDPOINTS),
  flood,
  dead,
  'costly-handshakes': costlyHandshakes,
  'rate-limits': rateLimits,
  growth,
  lists,
  memory,
  'full-redis': fullRedis,
  scale,
  tls,
  purge,
  replay,
  recovery,
  retention,
  soak,
};

/** The scenarios that `--against` compares with another version. */
const COMPARISONS: Record<string, (version: string) => Scenario> = {
  everyday: (version) => everydayAgainst('separate', version),
  'everyday-all': (version) => everydayAgainst('all', version),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    count: { type: 'string' },
    rate: { type: 'string' },
    seconds: { type: 'string', default: '30' },
    minutes: { type: 'string' },
    warmup: { type: 'string', default: '15' },
    'payload-days': { type: 'string' },
    'history-days': { type: 'string' },
    encrypt: { type: 'boolean', default: false },
    against: { type: 'string' },
  },
});
const name = positionals[0] ?? '';
const scenario = values.against === undefined ? SCENARIOS[name] : COMPARISONS[name]?.(values.against);
const options: Options = {
  rounds: Number(values.rounds),
  count: numberOrNull(values.count),
  perSecond: numberOrNull(values.rate),
  seconds: values.minutes === undefined ? Number(values.seconds) : Number(values.minutes) * 60,
  warmupSeconds: Number(values.warmup),
};
const { warmupSeconds, ...positive } = options;
if (
  !scenario ||
  !(warmupSeconds >= 0) ||
  Object.values(positive).some((value) => value !== null && !(value >= 1))
) {
  console.error(
    [
      `Usage: npm run bench -- ${Object.keys(SCENARIOS).join('|')} [--rounds 3] [--count N] [--json FILE]`,
      '       e2e-redis, growth, retention:  [--payload-days DAYS]  keeps every payload for fewer days than the installation',
      '       e2e-redis, growth:  [--history-days DAYS]  keeps every delivery for fewer days than the installation',
      '       [--encrypt]  encrypts payloads',
      '       everyday, everyday-all:  [--against COMMIT | FOLDER]  compares with another version, the load alternates every few seconds',
      '       everyday, footprint, latency, isolation, isolation-oauth, replay, soak:  [--rate EVENTS_PER_SECOND] [--seconds 30 | --minutes N] [--warmup 15]',
    ].join('\n'),
  );
  process.exit(2);
}

const bench = await startBench({
  ...(name === 'footprint' && { postgresFlags: COUNT_STATEMENTS }),
  payloadDays: numberOrNull(values['payload-days']),
  historyDays: numberOrNull(values['history-days']),
  encryptsPayloads: values.encrypt,
});
try {
  report(name, await scenario(bench, options), values.json);
} finally {
  await stopBench(bench);
}

function numberOrNull(text: string | undefined): number | null {
  return text === undefined ? null : Number(text);
}
