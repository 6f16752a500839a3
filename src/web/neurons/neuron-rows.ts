import { gratingLabel } from '../parts/numbers.js';
import type { CharacterizedNeurons } from '../state/characterization.js';
import type { QuickNeuron } from '../state/measurements.js';
import type { Card } from '../state/models.js';

/** All values of one neuron; null for undefined or unmeasured ones. */
export interface NeuronRow {
  readonly id: number;
  readonly values: Readonly<Record<string, number | null>>;
  /** The reason for a null value, or the grating of a measurement. */
  readonly notes: Readonly<Record<string, string>>;
  /** Of an ensemble: the lowest and highest value of its members. */
  readonly intervals: Readonly<Record<string, readonly [lowest: number, highest: number]>>;
  readonly curve: readonly number[] | undefined;
  readonly blank: number | undefined;
  /** The source of the indices and the curve; undefined before the first measurement. */
  readonly by: 'quick' | 'full' | undefined;
}

export interface Column {
  readonly name: string;
  readonly text: string;
  readonly about: string;
  readonly digits: number;
}

/** Columns from the model card. */
const CARD_COLUMNS: readonly Column[] = [
  column('CORR', 'CORR', 'correlation of predicted and recorded responses', 3),
  column('PT_J', 'PT_J', 'joint peak tuning, on the strongest stimuli of both', 2),
  column('PT_S', 'PT_S', 'separate peak tuning', 2),
  column('noiseCeiling', 'ceiling', 'largest possible CORR, estimated from repeats', 3),
];
/** Columns of both the quick measurement and the full characterization. */
const MEASURED_COLUMNS: readonly Column[] = [
  column('gOSI', 'gOSI', 'global orientation selectivity, 1 - circular variance', 3),
  column('preferredOrientation', 'pref. orientation', 'degrees, by the vector average', 0),
  column('F1F0', 'F1/F0', 'modulation by the phase: simple above 1, complex below', 2),
  column('preferredSpatialFrequency', 'pref. frequency', 'cycles/pixel, of the fit', 3),
  column('centreX', 'x', 'centre of the receptive field, pixels right of the middle', 1),
  column('centreY', 'y', 'centre of the receptive field, pixels above the middle', 1),
  column('diameter', 'diameter', 'of the receptive field, pixels', 1),
];
/** Columns of the full characterization only. */
const CHARACTERIZED_COLUMNS: readonly Column[] = [
  column('bandwidth', 'bandwidth', 'half width at 1/sqrt(2) of the peak, degrees', 0),
  column('SSI', 'SSI', 'surround suppression', 2),
  column('c50', 'c50', 'contrast of half the largest response', 2),
];

function column(name: string, text: string, about: string, digits: number): Column {
  return { name, text, about, digits };
}

/** Lists the columns that have values. */
export function availableColumns(card: Card, characterized: CharacterizedNeurons): Column[] {
  const fromCard = CARD_COLUMNS.filter(({ name }) =>
    card.neurons.some((neuron) => neuron[name as 'CORR' | 'noiseCeiling'] !== null),
  );
  return [
    ...fromCard,
    ...MEASURED_COLUMNS,
    ...(characterized.size > 0 ? CHARACTERIZED_COLUMNS : []),
  ];
}

/** Builds a row for each neuron from the full characterization, or else from the quick measurement. */
export function buildRows(
  card: Card,
  quick: ReadonlyMap<number, QuickNeuron>,
  characterized: CharacterizedNeurons,
): NeuronRow[] {
  return card.neurons.map(({ id, CORR, PT_J, PT_S, noiseCeiling }) => {
    const full = characterized.get(id);
    const measured = full ?? quick.get(id);
    const indices = {
      ...measured?.indices,
      ...(full ? { diameter: full.indices.receptiveFieldDiameter } : {}),
    };
    const values: Record<string, number | null> = { CORR, PT_J, PT_S, noiseCeiling };
    const notes: Record<string, string> = {};
    const intervals: Record<string, readonly [number, number]> = {};
    for (const [name, index] of Object.entries(indices)) {
      values[name] = index.value;
      const { lowest = null, highest = null } = index.members ?? {};
      if (lowest !== null && highest !== null) intervals[name] = [lowest, highest];
      if (index.value === null) notes[name] = index.reason;
      else if (index.at) notes[name] = `at ${gratingLabel(index.at)}`;
    }
    const by = full ? 'full' : measured ? 'quick' : undefined;
    return { id, values, notes, intervals, curve: measured?.curve, blank: measured?.blank, by };
  });
}

export interface Filter {
  /** Prefix of the id. */
  readonly id: string;
  readonly minCORR: number;
  readonly minGOSI: number;
}

export function filtered(rows: readonly NeuronRow[], filter: Filter): NeuronRow[] {
  return rows.filter(({ id, values }) => {
    if (!String(id).startsWith(filter.id)) return false;
    if (filter.minCORR > 0 && !((values['CORR'] ?? -1) >= filter.minCORR)) return false;
    return !(filter.minGOSI > 0 && !((values['gOSI'] ?? -1) >= filter.minGOSI));
  });
}

/** Sorts rows by a column; undefined values come last in both orders. */
export function sorted(rows: readonly NeuronRow[], by: string, descending: boolean): NeuronRow[] {
  const valueIn = (row: NeuronRow) => (by === 'id' ? row.id : (row.values[by] ?? null));
  return rows.toSorted((a, b) => {
    const [x, y] = [valueIn(a), valueIn(b)];
    if (x === null || y === null) return Number(x === null) - Number(y === null) || a.id - b.id;
    return (descending ? y - x : x - y) || a.id - b.id;
  });
}
