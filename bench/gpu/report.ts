// Makes result.json and result.md of the lines of a run: node report.js FOLDER. The folder holds lines.jsonl, as
// the programs print them, and parts.tsv: each part of the run, how it ended, and its seconds.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { median } from '../figures.js';
import { type Figure, type Golden, Line } from './figure.js';

const BASELINE = 'pytorch loop';

const folder = process.argv[2] ?? '.';
const tableLines = (file: string) =>
  readFileSync(path.join(folder, file), 'utf8')
    .split('\n')
    .filter((line) => line !== '');

const lines = tableLines('lines.jsonl').flatMap(parseLine);
const machine = Object.assign({}, ...lines.map((line) => ('machine' in line ? line.machine : {})));
const golden = lines.filter((line) => 'golden' in line);
const figures = lines.filter((line) => 'task' in line);
const parts = tableLines('parts.tsv').map((line) => {
  const [name, ended, seconds] = line.split('\t');
  return { name, ended, seconds: Number(seconds) };
});

writeFileSync(
  path.join(folder, 'result.json'),
  `${JSON.stringify({ machine, parts, golden, figures }, null, 2)}\n`,
);
writeFileSync(path.join(folder, 'result.md'), markdown());

/** A line that was cut off when its program's time was over is left out. */
function parseLine(text: string): Line[] {
  try {
    return [Line.parse(JSON.parse(text))];
  } catch {
    return [];
  }
}

function markdown(): string {
  const contenders = [...new Set(figures.map(({ contender }) => contender))];
  return [
    `# Hypercolumn on ${machine['device'] ?? machine['webgpu'] ?? 'a machine without a GPU'}`,
    '',
    ...Object.entries(machine).map(([name, value]) => `- ${name}: ${value}`),
    ...parts.map(({ name, ended, seconds }) => `- ${name}: ${ended}, ${seconds} s`),
    '',
    'Milliseconds, the median of up to 9 runs; in parentheses, how many times faster than the loop of PyTorch.',
    'Training: one step of all networks on so many images. Serving: from images to responses, without HTTP.',
    '',
    row(['', 'neurons', 'images', ...contenders]),
    row(['---', '---', '---', ...contenders.map(() => '---')]),
    ...groups().map(([key, group]) =>
      row([key, ...countLines(group), ...contenders.map((name) => cell(group, name))]),
    ),
    '',
    'Greatest differences from the published code, on WebGPU:',
    '',
    row(['architecture', 'within tolerance', 'responses', 'loss, relative', 'weights, 3 steps']),
    row(Array<string>(5).fill('---')),
    ...golden.map(goldenRow),
    '',
  ].join('\n');
}

function groups(): [string, Figure[]][] {
  const found = new Map<string, Figure[]>();
  for (const figure of figures) {
    const { task, architecture, neurons, images } = figure;
    const key = [task, architecture, neurons, images].join();
    found.set(key, [...(found.get(key) ?? []), figure]);
  }
  return [...found.values()].map((group) => [
    `${group[0]!.task}, ${group[0]!.architecture}`,
    group,
  ]);
}

function countLines([figure]: readonly Figure[]): string[] {
  return [String(figure!.neurons), String(figure!.images)];
}

function cell(group: readonly Figure[], contender: string): string {
  const figure = group.find((one) => one.contender === contender);
  if (figure === undefined) return '';
  if (figure.milliseconds === undefined) return `failed: ${figure.error}`.replaceAll('|', '/');
  const own = median(figure.milliseconds);
  const loop = group.find((one) => one.contender === BASELINE)?.milliseconds;
  const ratio = loop && contender !== BASELINE ? ` (${(median(loop) / own).toFixed(2)})` : '';
  const together = figure.together === undefined ? '' : `, ${figure.together} together`;
  return `${own.toFixed(2)}${ratio}${together}`;
}

function goldenRow({ golden: id, within, responses, loss, weight, error }: Golden): string {
  if (error !== undefined) return row([id, `failed: ${error}`, '', '', '']);
  const differences = [responses, loss, weight].map((value) => value?.toExponential(1) ?? '');
  return row([id, within === true ? 'yes' : 'no', ...differences]);
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
