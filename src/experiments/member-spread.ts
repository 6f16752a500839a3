import { meanAndSpread } from '../models/members.js';
import { INDEX_LABELS } from '../tuning/dimensions/dimensions.js';
import type { NeuronTuning } from '../tuning/parametric.js';
import type { ReceptiveField } from '../tuning/receptive-field.js';
import type { Index, MemberInterval } from '../tuning/schemas.js';

// What the members of an ensemble say of a tuning: the spread of their curves, and the values of their indices.

type Indices = Readonly<Record<string, Index>>;
type Rows = readonly (readonly number[])[];

/** Adds to the tuning of an ensemble's neuron the spread of its members and what their own indices are. */
export function withTuningSpread<T extends NeuronTuning>(own: T, members: readonly T[]): T {
  const rows = spreadRows(
    rowsOf(own),
    members.map((member) => rowsOf(member)),
  );
  const { along } = own;
  const indices = withMemberIntervals(
    own.indices,
    members.map((member) => member.indices),
  );
  if (along === undefined) return { ...own, spread: rows[0]!, indices };
  const [row, column] = peakOf(rowsOf(own));
  const spreads = [rows.map((each) => each[column]!), rows[row]!];
  const alongSpread = Object.entries(along).map(([name, each], axis) => {
    const others = members.map((member) => member.along![name]!.indices);
    return [
      name,
      { ...each, spread: spreads[axis]!, indices: withMemberIntervals(each.indices, others) },
    ] as const;
  });
  return { ...own, spread: rows, indices, along: Object.fromEntries(alongSpread) };
}

/** Adds to the receptive field of an ensemble's neuron the spread of its members and what their own indices are. */
export function withFieldSpread(
  own: ReceptiveField,
  members: readonly ReceptiveField[],
): ReceptiveField {
  const spread = spreadRows(
    own.map,
    members.map(({ map }) => map),
  );
  const others = members.map(({ indices }) => indices);
  return { ...own, spread, indices: withMemberIntervals(own.indices, others) };
}

function rowsOf({ curve, along }: NeuronTuning): Rows {
  return (along === undefined ? [curve] : curve) as Rows;
}

/** The place of the largest response. */
function peakOf(rows: Rows): readonly [row: number, column: number] {
  const all = rows.flat();
  const best = all.indexOf(all.reduce((largest, value) => Math.max(largest, value)));
  const columns = rows[0]!.length;
  return [Math.floor(best / columns), best % columns];
}

function spreadRows(own: Rows, members: readonly Rows[]): number[][] {
  return own.map((row, i) =>
    row.map((_, k) => meanAndSpread(members.map((rows) => rows[i]![k]!)).spread),
  );
}

/** Adds to each index of an ensemble the interval of its members' own values. */
export function withMemberIntervals(
  own: Indices,
  members: readonly Indices[],
): Record<string, Index> {
  const entries = Object.entries(own).map(([name, index]) => {
    const values = members.map((indices) => indices[name]?.value ?? null);
    const interval = memberInterval(index.value, values, INDEX_LABELS[name]?.period);
    return [name, { ...index, members: interval }] as const;
  });
  return Object.fromEntries(entries);
}

/**
 * The interval of members' values.
 * @param own that of the ensemble; angles are counted from it, so that 179 and 1 degrees are neighbours
 * @param period of an angle, in degrees
 * @example
 * memberInterval(178, [176, 2, null], 180); // { lowest: 176, highest: 182, undefined: 1 }
 */
export function memberInterval(
  own: number | null,
  values: readonly (number | null)[],
  period?: number,
): MemberInterval {
  const known = values.filter((value) => value !== null);
  const around = own ?? known[0] ?? 0;
  const near = (value: number) =>
    period === undefined ? value : value - period * Math.round((value - around) / period);
  const places = known.map(near);
  return {
    lowest: places.length > 0 ? Math.min(...places) : null,
    highest: places.length > 0 ? Math.max(...places) : null,
    undefined: values.length - known.length,
  };
}
