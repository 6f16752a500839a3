import { DASHES, GLYPHS } from './compared-models.js';
import { BAND_OPACITY, BLANK } from './curve-plot.js';
import type { Series } from './series.js';

interface Item {
  readonly text: string;
  readonly colour: string;
  /** null for no line */
  readonly dash: string | null;
  readonly width?: number;
  readonly opacity?: number;
  /** Drawn in the middle of the line, or alone without a line. */
  readonly glyph?: string;
}

export interface LegendProps {
  readonly series: readonly Series[];
  /** Other parts of the plot. */
  readonly parts: readonly (keyof typeof PARTS)[];
}

const PARTS = {
  points: { text: 'measured', dash: null, glyph: GLYPHS[0] },
  spread: {
    text: 'standard deviation of the members',
    dash: 'none',
    width: 10,
    opacity: BAND_OPACITY,
  },
  fit: { text: 'fit', dash: 'none' },
  blank: { text: 'response to the blank', dash: BLANK.strokeDasharray, width: BLANK.strokeWidth },
  real: { text: 'real', dash: 'none' },
  predicted: { text: 'predicted', dash: null, glyph: GLYPHS[0] },
} as const;
const INK = 'currentColor';
const HEIGHT = 18;
const SAMPLE = 30;
/** Generous width of a letter in pixels. */
const LETTER = 7.6;

/** Explains colours, dashes and points. It is SVG, so that it is saved with the figure. */
export function Legend({ series, parts }: LegendProps) {
  const neurons = new Map(series.map((each) => [each.neuron, each]));
  const noted = series.some(({ note }) => note !== undefined);
  const models = new Map(series.map(({ model }) => [model.id, model.place]));
  const items: Item[] = [
    ...(neurons.size > 1 || noted
      ? [...neurons.values()].map(({ neuron, colour, note }) => ({
          text: note === undefined ? `neuron ${neuron}` : `neuron ${neuron}: ${note}`,
          colour,
          dash: 'none',
        }))
      : []),
    ...(models.size > 1
      ? [...models].map(([text, place]) => ({
          text,
          colour: INK,
          dash: DASHES[place]!,
          glyph: GLYPHS[place]!,
        }))
      : []),
    ...parts.map((part) => ({ ...PARTS[part], colour: INK })),
  ];
  return (
    <div class="legend">
      {items.map((item) => (
        <LegendItem key={item.text} {...item} />
      ))}
    </div>
  );
}

function LegendItem({ text, colour, dash, glyph, width = 2.2, opacity = 1 }: Item) {
  const middle = HEIGHT / 2;
  const room = SAMPLE + 6 + LETTER * text.length;
  return (
    <svg class="plot" width={room} height={HEIGHT} role="img" aria-label={text}>
      {dash !== null && (
        <line
          x1={0}
          x2={SAMPLE}
          y1={middle}
          y2={middle}
          stroke={colour}
          stroke-width={width}
          stroke-opacity={opacity}
          stroke-dasharray={dash}
        />
      )}
      {glyph && (
        <text x={SAMPLE / 2} y={middle} dy="0.35em" text-anchor="middle">
          {glyph}
        </text>
      )}
      <text x={SAMPLE + 6} y={middle} dy="0.35em">
        {text}
      </text>
    </svg>
  );
}
