import { type CsvValue, encodeCsv } from '../../formats/csv.js';
import type { ServedModel } from '../../inference/catalogue.js';
import type { ResultFile } from '../../jobs/job-files.js';
import { CHARACTERISTICS, type Characteristic, NAMES } from '../../tuning/characterization.js';
import { modelIdentity } from '../answer.js';
import type { Characterization, CharacterizedNeuron } from './characterized.js';

/** Of the position map, where nothing varies that is not the same for all neurons. */
const FORMULAS_OF = ['formula', 'negative', 'baseline'] as const;

/** The files of a result: all that was measured, and the table of it. */
export function characterizationFiles(model: ServedModel, found: Characterization): ResultFile[] {
  const json = JSON.stringify({ model: modelIdentity(model), ...characterizationAnswer(found) });
  return [
    { name: 'characterization.json', bytes: Buffer.from(json) },
    { name: 'characterization.csv', bytes: Buffer.from(characterizationCsv(found)) },
  ];
}

/** What the battery found, in JSON: a row for each neuron. */
function characterizationAnswer({ position, neurons, stimuli }: Characterization) {
  const [first] = neurons;
  return {
    stimuli,
    position,
    characteristics: Object.fromEntries(
      NAMES.map((name) => {
        const stated = FORMULAS_OF.map((key) => [key, first?.indices[name][key]]);
        return [name, { unit: CHARACTERISTICS[name], ...Object.fromEntries(stated) }];
      }),
    ),
    neurons,
  };
}

interface Column {
  readonly name: string;
  readonly value: (neuron: CharacterizedNeuron) => CsvValue;
}

/**
 * A row for each neuron, as CSV. Units stand in the columns' names; lengths and frequencies stand
 * in degrees of visual angle too where the card knows its scale. What is undefined is empty, and its reason
 * stands in the last column.
 */
function characterizationCsv({ canvas, neurons }: Characterization): string {
  const scale = canvas.pixelsPerDegree;
  const columns: Column[] = [
    { name: 'id', value: ({ id }) => id },
    { name: 'CORR', value: ({ CORR }) => CORR },
    { name: 'blank', value: ({ blank }) => blank },
    { name: 'response', value: ({ response }) => response },
    ...withScale('preferredX', 'pixels', ({ preferred }) => preferred.x, scale),
    ...withScale('preferredY', 'pixels', ({ preferred }) => preferred.y, scale),
    ...withScale('preferredDiameter', 'pixels', ({ preferred }) => preferred.diameter, scale),
    ...NAMES.flatMap((name) =>
      withScale(name, CHARACTERISTICS[name], ({ indices }) => indices[name].value, scale),
    ),
    { name: 'fallbacks', value: ({ fallbacks }) => fallbacks.join(' ') },
    { name: 'undefined', value: reasonsIn },
  ];
  const rows = [
    columns.map(({ name }) => name),
    ...neurons.map((neuron) => columns.map(({ value }) => value(neuron))),
  ];
  return encodeCsv(rows);
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
