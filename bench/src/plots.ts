// Draws the plots of docs/performance.md from the results of `npm run bench -- SCENARIO --json docs/performance/SCENARIO.json`.
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
const WIDTH = 960;
const ROW_HEIGHT = 34;

interface StoredResult {
  scenario: string;
  figures: Figure[];
  rounds: { cpuUs?: Record<string, number> | number; processes?: number }[];
}

const results: StoredResult[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.json'))
  .map((file) => JSON.parse(readFileSync(path.join(FOLDER, file), 'utf8')) as StoredResult);

/** The maximum of the axis: a figure of 0 for which lower is better would be infinite. */
const MAX = 4;

/** Returns how many times as good as the threshold a figure is, up to MAX. */
function against(threshold: number, { value, better }: Pick<Figure, 'value' | 'better'>): number {
  if (value === threshold) return 1;
  return Math.min(better === 'higher' ? value / threshold : threshold / value, MAX);
}

/** Plots all figures relative to their thresholds. */
function reached(): EChartsOption {
  const figures = results.flatMap(({ scenario, figures: own }) =>
    own.map((figure) => ({ ...figure, label: `${scenario}: ${figure.name}` })),
  );
  return {
    title: { text: 'Figures relative to their thresholds (diamond: target)' },
    grid: { left: 430, right: 90, top: 48, bottom: 36 },
    xAxis: { type: 'value', min: 0, max: MAX },
    yAxis: { type: 'category', inverse: true, data: figures.map(({ label }) => label) },
    series: [
      {
        type: 'bar',
        data: figures.map((figure) => ({
          value: against(figure.threshold, figure),
          itemStyle: { color: against(figure.threshold, figure) >= 1 ? '#3b7a57' : '#b3452c' },
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
        data: figures.map(({ threshold, target, better }, index) => [
          against(threshold, { value: target, better }),
          index,
        ]),
      },
    ],
  };
}

/** Plots the CPU time per delivery by process. */
function cpuByProcess(): EChartsOption {
  const scenarios = results.flatMap(({ scenario, rounds }) => {
    const used = rounds.flatMap(({ cpuUs }) => (typeof cpuUs === 'object' ? [cpuUs] : []));
    return used.length > 0 ? [{ scenario, used }] : [];
  });
  const roles = [...new Set(scenarios.flatMap(({ used }) => used.flatMap((round) => Object.keys(round))))];
  return {
    title: { text: 'CPU time per delivery by process, µs' },
    legend: { bottom: 0 },
    grid: { left: 110, right: 40, top: 48, bottom: 60 },
    xAxis: { type: 'value' },
    yAxis: { type: 'category', inverse: true, data: scenarios.map(({ scenario }) => scenario) },
    series: roles
      // The baseline is not part of a delivery.
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

/** Plots the workers' CPU time per delivery by number of workers. */
function scaling(): EChartsOption {
  const rounds = results.find(({ scenario }) => scenario === 'scale')?.rounds ?? [];
  const numbers = [...new Set(rounds.map(({ processes }) => processes))];
  return {
    title: { text: 'CPU time of the workers per delivery, by number of workers, µs' },
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
