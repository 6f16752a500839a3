import { type CsvValue, encodeCsv } from '../../formats/csv.js';
import type { ResultFile } from '../../jobs/job-files.js';
import { CHARACTERISTICS, type Characteristic, NAMES } from '../../tuning/characterization.js';
import { modelCanvas } from '../canvas.js';
import type { Subject } from '../context.js';
import type { CharacterizationResult, CharacterizedNeuron } from './schemas.js';

/** Makes the files of a result: all measurements, and a table. */
export function characterizationFiles(
  model: Subject['model'],
  result: CharacterizationResult,
): ResultFile[] {
  const csv = characterizationCsv(result, modelCanvas(model).pixelsPerDegree);
  return [
    { name: 'characterization.json', bytes: Buffer.from(JSON.stringify(result)) },
    { name: 'characterization.csv', bytes: Buffer.from(csv) },
  ];
}

interface Column {
  readonly name: string;
  readonly value: (neuron: CharacterizedNeuron) => CsvValue;
}

/**
 * Writes a row for each neuron, as CSV. The names of columns contain the units. If the card has a scale, lengths
 * and frequencies are also in degrees of visual angle. An undefined value is empty, and the last column has its
 * reason.
 * @param scale pixels per degree of visual angle, if known
 */
function characterizationCsv(
  { neurons }: CharacterizationResult,
  scale: number | undefined,
): string {
  const columns: Column[] = [
    { name: 'id', value: ({ id }) => id },
    { name: 'CORR', value: ({ CORR }) => CORR },
    { name: 'blank', value: ({ blank }) => blank },
    { name: 'response', value: ({ response }) => response },
    ...withScale('preferredX', 'pixels', ({ preferred }) => preferred.x, scale),
    ...withScale('preferredY', 'pixels', ({ preferred }) => preferred.y, scale),
    ...withScale('preferredDiameter', 'pixels', ({ preferred }) => preferred.diameter, scale),
    ...NAMES.flatMap((name) => indexColumns(name, neurons, scale)),
    { name: 'fallbacks', value: ({ fallbacks }) => fallbacks.join(' ') },
    { name: 'undefined', value: reasonsIn },
  ];
  const rows = [
    columns.map(({ name }) => name),
    ...neurons.map((neuron) => columns.map(({ value }) => value(neuron))),
  ];
  return encodeCsv(rows);
}

/** The columns of an index; of an ensemble also those of the lowest and highest value of its members. */
function indexColumns(
  name: Characteristic,
  neurons: CharacterizationResult['neurons'],
  scale: number | undefined,
): Column[] {
  const unit = CHARACTERISTICS[name];
  const own = withScale(name, unit, ({ indices }) => indices[name].value, scale);
  if (neurons.every(({ indices }) => indices[name].members === undefined)) return own;
  const ends = (['lowest', 'highest'] as const).flatMap((end) =>
    withScale(`${name} ${end}`, unit, ({ indices }) => indices[name].members?.[end] ?? null, scale),
  );
  return [...own, ...ends];
}

function withScale(
  name: string,
  unit: string,
  value: (neuron: CharacterizedNeuron) => number | null,
  scale: number | undefined,
): Column[] {
  const suffix = unit === '1' || unit === 'response' ? '' : ` (${unit})`;
  const inPixels = { name: `${name}${suffix}`, value };
  if (scale === undefined || !(unit === 'pixels' || unit === 'cycles/pixel')) return [inPixels];
  const [other, factor] =
    unit === 'pixels' ? ['degrees of visual angle', 1 / scale] : ['cycles/degree', scale];
  const scaled = (neuron: CharacterizedNeuron) => {
    const given = value(neuron);
    return given === null ? null : given * factor;
  };
  return [inPixels, { name: `${name} (${other})`, value: scaled }];
}

function reasonsIn({ indices }: CharacterizedNeuron): string {
  return NAMES.flatMap((name: Characteristic) => {
    const index = indices[name];
    return index.value === null ? [`${name}: ${index.reason}`] : [];
  }).join('; ');
}
