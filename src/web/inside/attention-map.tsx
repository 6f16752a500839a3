import { Pixels } from '../figures/pixels.js';
import { short } from '../parts/numbers.js';
import type { ShownStimulus } from '../stimulus/shown-stimulus.js';
import type { AttentionAnswer } from './answers.js';

export type CellMap = AttentionAnswer['map'];

/** Of attention, where it is largest; elsewhere more of the stimulus is seen through it. */
export const ATTENTION_COLOUR = 'rgb(232 89 12)';
/** How little of the stimulus is seen where attention is largest. */
export const MOST_OPACITY = 0.85;

/** Of even attention, the least that the strongest colour stands for. */
export const TIMES_EVEN = 4;

export interface Cell {
  readonly row: number;
  readonly column: number;
}

export interface AttentionMapProps {
  readonly neuron: number;
  readonly shown: ShownStimulus;
  readonly map: CellMap;
  /** `[row][column]` */
  readonly attention: readonly (readonly number[])[];
  /** The cell whose field is outlined. */
  readonly at?: Cell;
  readonly onAt?: (cell: Cell | undefined) => void;
}

/** The centre's attention over what the network sees: each cell in the middle of its field. */
export function AttentionMap(props: AttentionMapProps) {
  const { neuron, shown, map, attention, at, onAt } = props;
  const { fieldPixels: field, stridePixels: stride } = map;
  const most = largestOf(attention);
  const top = scaleTop(attention);
  const margin = (field - stride) / 2;
  const peak = cellsOf(map).find(({ row, column }) => attention[row]![column] === most)!;
  const centre = centreOf(map);
  return (
    <div class="overlaid">
      <Pixels
        label={
          `Attention of neuron ${neuron} over the stimulus: largest, ${short(most)}, at row ` +
          `${peak.row}, column ${peak.column}; the centre is at row ${centre.row}, column ${centre.column}`
        }
        values={shown.pixels}
        height={shown.height}
        width={shown.width}
      />
      <svg
        viewBox={`0 0 ${shown.width} ${shown.height}`}
        aria-hidden="true"
        onPointerLeave={() => onAt?.(undefined)}
      >
        {cellsOf(map).map(({ row, column }) => (
          <rect
            key={`${row} ${column}`}
            x={column * stride + margin}
            y={row * stride + margin}
            width={stride}
            height={stride}
            fill={ATTENTION_COLOUR}
            fill-opacity={(MOST_OPACITY * attention[row]![column]!) / top}
            onPointerEnter={() => onAt?.({ row, column })}
          />
        ))}
        {at && <Outline cell={at} side={field} stride={stride} margin={0} dashes="4 4" />}
        <Outline cell={centre} side={stride} stride={stride} margin={margin} />
      </svg>
    </div>
  );
}

/** Black and white, to be seen on every gray. */
function Outline({
  cell,
  side,
  stride,
  margin,
  dashes,
}: {
  readonly cell: Cell;
  readonly side: number;
  readonly stride: number;
  readonly margin: number;
  readonly dashes?: string;
}) {
  const place = { x: cell.column * stride + margin, y: cell.row * stride + margin };
  const line = {
    ...{ ...place, width: side, height: side, fill: 'none', 'pointer-events': 'none' },
    'vector-effect': 'non-scaling-stroke',
  } as const;
  return (
    <>
      <rect {...line} stroke="black" stroke-width={dashes ? 1.5 : 3} />
      <rect {...line} stroke="white" stroke-width={1.5} stroke-dasharray={dashes} />
    </>
  );
}

export function centreOf({ centre: [row = 0, column = 0] }: CellMap): Cell {
  return { row, column };
}

/** The attention of the strongest colour: what is close to even stays faint, as it tells little. */
export function scaleTop(attention: readonly (readonly number[])[]): number {
  const cells = attention.flat().length;
  return Math.max(largestOf(attention), TIMES_EVEN / cells);
}

export function largestOf(attention: readonly (readonly number[])[]): number {
  return Math.max(...attention.map((row) => Math.max(...row)));
}

/** All cells, row by row. */
export function cellsOf({ height, width }: CellMap): Cell[] {
  return Array.from({ length: height * width }, (_, i) => {
    return { row: Math.floor(i / width), column: i % width };
  });
}
