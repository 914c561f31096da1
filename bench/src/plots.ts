// Makes the plots of docs/performance.md from what `npm run bench -- SCENARIO --json docs/performance/SCENARIO.json` wrote.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { BarChart, ScatterChart } from 'echarts/charts';
import { GridComponent, LegendComponent, MarkLineComponent, TitleComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import type { EChartsOption } from 'echarts';
import { SVGRenderer } from 'echarts/renderers';
import { median } from './quantiles.js';
import type { Figure } from './result.js';

use([BarChart, ScatterChart, GridComponent, LegendComponent, MarkLineComponent, TitleComponent, SVGRenderer]);

const FOLDER = path.join(import.meta.dirname, '../../docs/performance');
const WIDTH = 880;
const ROW_HEIGHT = 34;

interface Written {
  scenario: string;
  figures: Figure[];
  rounds: { cpuUs?: Record<string, number> | number; processes?: number }[];
}

const results: Written[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.json'))
  .map((file) => JSON.parse(readFileSync(path.join(FOLDER, file), 'utf8')) as Written);

/** Where the bars end: a figure of 0 that must be low has no end. */
const MOST = 4;

/** How many times as good as it must be, up to MOST. */
const against = (must: number, { value, better }: Pick<Figure, 'value' | 'better'>): number =>
  Math.min(better === 'higher' ? value / must : must / value, MOST);

/** Every figure against what it must reach. */
function reached(): EChartsOption {
  const figures = results.flatMap(({ scenario, figures: own }) =>
    own.map((figure) => ({ ...figure, label: `${scenario}: ${figure.name}` })),
  );
  return {
    title: { text: 'Reached, as a multiple of what must be reached (diamond: the aim)' },
    grid: { left: 350, right: 90, top: 48, bottom: 36 },
    xAxis: { type: 'value', min: 0, max: MOST },
    yAxis: { type: 'category', inverse: true, data: figures.map(({ label }) => label) },
    series: [
      {
        type: 'bar',
        data: figures.map((figure) => ({
          value: against(figure.must, figure),
          itemStyle: { color: against(figure.must, figure) >= 1 ? '#3b7a57' : '#b3452c' },
        })),
        label: {
          show: true,
          position: 'right',
          formatter: ({ dataIndex }) => `${figures[dataIndex]?.value}`,
        },
        markLine: {
          symbol: 'none',
          data: [{ xAxis: 1 }],
          label: { show: false },
          lineStyle: { color: '#333' },
        },
      },
      {
        type: 'scatter',
        symbol: 'diamond',
        symbolSize: 10,
        itemStyle: { color: '#333' },
        data: figures.map(({ must, aim, better }, index) => [against(must, { value: aim, better }), index]),
      },
    ],
  };
}

/** Where the CPU time of a delivery goes, by process. */
function cpuByProcess(): EChartsOption {
  const scenarios = results.flatMap(({ scenario, rounds }) => {
    const used = rounds.flatMap(({ cpuUs }) => (typeof cpuUs === 'object' ? [cpuUs] : []));
    return used.length > 0 ? [{ scenario, used }] : [];
  });
  const roles = [...new Set(scenarios.flatMap(({ used }) => used.flatMap((round) => Object.keys(round))))];
  return {
    title: { text: 'CPU of a delivery by process, µs' },
    legend: { bottom: 0 },
    grid: { left: 110, right: 40, top: 48, bottom: 60 },
    xAxis: { type: 'value' },
    yAxis: { type: 'category', inverse: true, data: scenarios.map(({ scenario }) => scenario) },
    series: roles
      // The baseline is no part of a delivery.
      .filter((role) => role !== 'bare')
      .map((role) => ({
        name: role,
        type: 'bar',
        stack: 'cpu',
        data: scenarios.map(({ used }) => median(used.map((round) => round[role] ?? 0))),
        label: {
          show: true,
          formatter: ({ value }) => (typeof value === 'number' && value >= 30 ? String(value) : ''),
        },
      })),
  };
}

/** What a delivery costs the workers, by how many there are. */
function scaling(): EChartsOption {
  const rounds = results.find(({ scenario }) => scenario === 'scale')?.rounds ?? [];
  const numbers = [...new Set(rounds.map(({ processes }) => processes))];
  return {
    title: { text: 'CPU of a delivery in the workers by their number, µs' },
    grid: { left: 110, right: 40, top: 48, bottom: 36 },
    xAxis: { type: 'value' },
    yAxis: { type: 'category', inverse: true, data: numbers.map((number) => `${number} processes`) },
    series: [
      {
        type: 'bar',
        itemStyle: { color: '#3b7a57' },
        label: { show: true, position: 'right' },
        data: numbers.map((number) =>
          median(rounds.flatMap(({ processes, cpuUs }) => (processes === number ? [Number(cpuUs)] : []))),
        ),
      },
    ],
  };
}

function write(name: string, option: EChartsOption): void {
  const { yAxis } = option;
  const rows = yAxis && 'data' in yAxis && Array.isArray(yAxis.data) ? yAxis.data.length : 1;
  const chart = init(null, null, {
    renderer: 'svg',
    ssr: true,
    width: WIDTH,
    height: 110 + rows * ROW_HEIGHT,
  });
  chart.setOption({ backgroundColor: '#fff', animation: false, ...option });
  writeFileSync(path.join(FOLDER, `${name}.svg`), chart.renderToSVGString());
  chart.dispose();
}

write('reached', reached());
write('cpu', cpuByProcess());
write('scale', scaling());
