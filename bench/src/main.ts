import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { machineCard, median } from './card.js';
import { drain } from './drain.js';
import { e2eRedis } from './e2e-redis.js';
import { type Bench, type Round, runBare, startBench, stopBench } from './scenario.js';

type Scenario = (bench: Bench, count: number) => Promise<Round>;

/** Each scenario and the ratio to `bare` that it must reach. */
const SCENARIOS: Record<string, { run: Scenario; must: number }> = {
  bare: { run: runBare, must: 1 },
  drain: { run: drain, must: 0.6 },
  'e2e-redis': { run: e2eRedis, must: 0.5 },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    count: { type: 'string', default: '30000' },
  },
});
const name = positionals[0] ?? '';
const scenario = SCENARIOS[name];
const rounds = Number(values.rounds);
const count = Number(values.count);
if (!scenario || !(rounds >= 1) || !(count >= 1)) {
  console.error(
    `usage: npm run bench -- ${Object.keys(SCENARIOS).join('|')} [--rounds 3] [--count 30000] [--json FILE]`,
  );
  process.exit(2);
}

const bench = await startBench();
const perSecond = (round: Round) => (count / round.durationMs) * 1000;
const measured: (Omit<Round, 'durationMs'> & { bare: number; scenario: number; ratio: number })[] = [];
try {
  for (let round = 1; round <= rounds; round += 1) {
    const bare = perSecond(await runBare(bench, count));
    const result = await scenario.run(bench, count);
    const rate = perSecond(result);
    const { memoryMb, cpuUs } = result;
    measured.push({ bare, scenario: rate, ratio: rate / bare, memoryMb, cpuUs });
    console.log(
      `round ${round}: bare ${bare.toFixed(0)}/s, ${name} ${rate.toFixed(0)}/s, ratio ${(rate / bare).toFixed(3)}`,
      `peak MB ${JSON.stringify(memoryMb)}, CPU µs per delivery ${JSON.stringify(cpuUs)}`,
    );
  }
} finally {
  await stopBench(bench);
}

const report = {
  scenario: name,
  count,
  machine: machineCard(),
  measuredAt: new Date().toISOString(),
  barePerSecond: Math.round(median(measured.map((round) => round.bare))),
  perSecond: Math.round(median(measured.map((round) => round.scenario))),
  ratio: Number(median(measured.map((round) => round.ratio)).toFixed(3)),
  mustReach: scenario.must,
  peakMemoryMb: Math.max(0, ...measured.flatMap((round) => Object.values(round.memoryMb))),
  rounds: measured,
};
console.table([
  {
    scenario: name,
    'bare /s': report.barePerSecond,
    '/s': report.perSecond,
    ratio: report.ratio,
    'must reach': report.mustReach,
    'peak MB': report.peakMemoryMb,
  },
]);
console.log('machine:', report.machine);
if (values.json) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
