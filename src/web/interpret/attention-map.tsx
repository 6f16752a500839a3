import { Pixels } from '../figures/pixels.js';
import { short } from '../parts/numbers.js';
import type { RenderedStimulus } from '../stimulus/rendered-stimulus.js';
import type { AttentionAnswer } from './answers.js';

export type CellMap = AttentionAnswer['map'];

/** Colour of the largest attention; smaller attention is more transparent. */
export const ATTENTION_COLOUR = 'rgb(232 89 12)';
/** Opacity of the largest attention. */
export const MAX_OPACITY = 0.85;

/** The colour scale reaches at least this multiple of even attention. */
export const MIN_TOP_TIMES_EVEN = 4;

export interface Cell {
  readonly row: number;
  readonly column: number;
}

export interface AttentionMapProps {
  readonly neuron: number;
  readonly rendered: RenderedStimulus;
  readonly map: CellMap;
  /** `[row][column]` */
  readonly attention: readonly (readonly number[])[];
  /** The cell with an outlined field. */
  readonly at?: Cell;
  readonly onAt?: (cell: Cell | undefined) => void;
}

/** Draws the centre's attention over the network input, each cell in the middle of its field. */
export function AttentionMap(props: AttentionMapProps) {
  const { neuron, rendered, map, attention, at, onAt } = props;
  const { fieldPixels: field, stridePixels: stride } = map;
  const [startY = 0, startX = 0] = map.startPixels;
  const start = { x: startX, y: startY };
  const largest = largestAttention(attention);
  const top = scaleTop(attention);
  const peak = listCells(map).find(({ row, column }) => attention[row]![column] === largest)!;
  const centre = centreCell(map);
  return (
    <div class="overlaid">
      <Pixels
        label={
          `Attention of neuron ${neuron} over the stimulus: largest, ${short(largest)}, at row ` +
          `${peak.row}, column ${peak.column}; the centre is at row ${centre.row}, column ${centre.column}`
        }
        values={rendered.pixels}
        height={rendered.height}
        width={rendered.width}
      />
      <svg
        viewBox={`0 0 ${rendered.width} ${rendered.height}`}
        aria-hidden="true"
        onPointerLeave={() => onAt?.(undefined)}
      >
        {listCells(map).map(({ row, column }) => (
          <rect
            key={`${row} ${column}`}
            x={column * stride + start.x}
            y={row * stride + start.y}
            width={stride}
            height={stride}
            fill={ATTENTION_COLOUR}
            fill-opacity={(MAX_OPACITY * attention[row]![column]!) / top}
            onPointerEnter={() => onAt?.({ row, column })}
          />
        ))}
        {at && <Outline cell={at} side={field} stride={stride} start={start} dashes="4 4" />}
        <Outline cell={centre} side={stride} stride={stride} start={start} />
      </svg>
    </div>
  );
}

/** The outline is black and white, so that it is visible on every gray. */
function Outline({
  cell,
  side,
  stride,
  start,
  dashes,
}: {
  readonly cell: Cell;
  readonly side: number;
  readonly stride: number;
  /** Where the tile of the first cell begins, in pixels. */
  readonly start: { readonly x: number; readonly y: number };
  readonly dashes?: string;
}) {
  const around = (stride - side) / 2;
  const place = {
    x: cell.column * stride + start.x + around,
    y: cell.row * stride + start.y + around,
  };
  const line = {
    ...place,
    width: side,
    height: side,
    fill: 'none',
    'pointer-events': 'none',
    'vector-effect': 'non-scaling-stroke',
  } as const;
  return (
    <>
      <rect {...line} stroke="black" stroke-width={dashes ? 1.5 : 3} />
      <rect {...line} stroke="white" stroke-width={1.5} stroke-dasharray={dashes} />
    </>
  );
}

export function centreCell({ centre: [row = 0, column = 0] }: CellMap): Cell {
  return { row, column };
}

/** Returns the attention of the strongest colour. Nearly even attention stays faint. */
export function scaleTop(attention: readonly (readonly number[])[]): number {
  const cells = attention.flat().length;
  return Math.max(largestAttention(attention), MIN_TOP_TIMES_EVEN / cells);
}

export function largestAttention(attention: readonly (readonly number[])[]): number {
  return Math.max(...attention.map((row) => Math.max(...row)));
}

/** Lists all cells in row-major order. */
export function listCells({ height, width }: CellMap): Cell[] {
  return Array.from({ length: height * width }, (_, i) => {
    return { row: Math.floor(i / width), column: i % width };
  });
}
