import type { Window } from '../../../src/datasets/window.js';
import { InputError } from '../../../src/errors.js';
import type { SpikeSource } from '../lab-file.js';

/** When a unit has spikes, in seconds. */
export interface SpikeRange {
  readonly first: number;
  readonly last: number;
  readonly count: number;
}

/** Where spikes are missing at the ends of a recording. */
export interface Unrecorded {
  readonly isUnrecorded: (trial: number) => boolean;
  /** For a person, in whole sentences. */
  readonly notes: readonly string[];
}

/** A silence that is no chance has so many seconds at least, and so many mean intervals between spikes. */
const SILENCE = { seconds: 10, intervals: 30 } as const;
/** Units that a note names. */
const LISTED = 5;

/**
 * Finds trials at the ends of a recording for which there are no spikes, where the file does not say when its units were
 * observed. All units are silent for long only where nothing was recorded: a rate of 0 would be false there, so that the
 * trial counts as not measured. One unit may well fall silent, or be lost: its rates stay 0, with a note.
 * @param source for messages
 * @param ranges of the units without times of observation; undefined for the others
 * @param onset of each trial, in seconds; NaN where it is unknown
 * @throws InputError where no trial was recorded, such as with times in milliseconds
 */
export function findUnrecorded(
  source: Pick<SpikeSource, 'name' | 'ids'>,
  ranges: readonly (SpikeRange | undefined)[],
  onset: Float64Array,
  { from, to }: Window,
): Unrecorded {
  const units = ranges.flatMap((range, unit) =>
    range && range.count > 0 ? [{ ...range, id: source.ids[unit]! }] : [],
  );
  const known = onset.filter(Number.isFinite);
  if (units.length === 0 || known.length === 0) return { isUnrecorded: () => false, notes: [] };
  const trials = {
    first: known.reduce((a, b) => Math.min(a, b)) + from / 1000,
    last: known.reduce((a, b) => Math.max(a, b)) + to / 1000,
  };
  const all: SpikeRange = {
    first: units.reduce((least, { first }) => Math.min(least, first), Number.POSITIVE_INFINITY),
    last: units.reduce((most, { last }) => Math.max(most, last), Number.NEGATIVE_INFINITY),
    count: units.reduce((sum, { count }) => sum + count, 0),
  };
  const silent = silenceOf(all, trials);
  const recorded = {
    first: silent.before > 0 ? all.first : trials.first,
    last: silent.after > 0 ? all.last : trials.last,
  };
  const isUnrecorded = (trial: number) =>
    onset[trial]! + from / 1000 < recorded.first || onset[trial]! + to / 1000 > recorded.last;
  const count = onset.reduce((sum, _, trial) => sum + Number(isUnrecorded(trial)), 0);
  const times = `the spikes of ${source.name} are at ${range(all)} s, the trials at ${range(trials)} s`;
  if (count === known.length) {
    throw new InputError(`${times}; expected times of one clock, in seconds`);
  }
  const notes =
    count === 0
      ? []
      : [`Trials without spikes of any unit count as not measured: ${count}; ${times}.`];
  const lost = units
    .map((unit) => ({ ...unit, ...silenceOf(unit, recorded) }))
    .filter(({ before, after }) => before + after > 0);
  if (lost.length > 0) {
    const names = lost.slice(0, LISTED).map(({ id }) => id);
    const longest = lost.reduce((most, { before, after }) => Math.max(most, before, after), 0);
    notes.push(
      `Units have no spikes for up to ${short(longest)} s after the first trial or before the last one: ${lost.length} of ` +
        `${source.ids.length} (${names.join(', ')}${lost.length > LISTED ? ', …' : ''}). Their rates are 0 there; ` +
        'obs_intervals says when a unit was not observed.',
    );
  }
  return { isUnrecorded, notes };
}

/** Seconds without spikes at the ends of some trials; 0 where they may be chance. */
function silenceOf(spikes: SpikeRange, trials: { readonly first: number; readonly last: number }) {
  const { first, last, count } = spikes;
  const interval = count > 1 ? (last - first) / (count - 1) : Number.POSITIVE_INFINITY;
  const least = Math.max(SILENCE.seconds, SILENCE.intervals * interval);
  const long = (seconds: number) => (seconds > least ? seconds : 0);
  return { before: long(first - trials.first), after: long(trials.last - last) };
}

function range({ first, last }: { readonly first: number; readonly last: number }): string {
  return `${short(first)} to ${short(last)}`;
}

function short(value: number): string {
  return String(Number(value.toPrecision(5)));
}
