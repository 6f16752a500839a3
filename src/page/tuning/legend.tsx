import { DASHES } from './answerers.js';
import { BLANK_DASH } from './curve-plot.js';
import type { Series } from './series.js';

interface Item {
  readonly text: string;
  readonly colour: string;
  readonly dash: string;
  readonly point?: boolean;
}

export interface LegendProps {
  readonly series: readonly Series[];
  /** What else is drawn. */
  readonly parts: readonly (keyof typeof PARTS)[];
}

const PARTS = {
  points: { text: 'measured', dash: 'none', point: true },
  fit: { text: 'fit', dash: 'none' },
  blank: { text: 'response to the blank', dash: BLANK_DASH },
  real: { text: 'real', dash: 'none' },
  predicted: { text: 'predicted', dash: 'none', point: true },
} as const;
const INK = 'currentColor';
const HEIGHT = 18;
const SAMPLE = 30;
/** Of a letter, in pixels, rather too much. */
const LETTER = 6.6;

/** What colours, dashes and points mean; drawn, so that it is saved with the figure. */
export function Legend({ series, parts }: LegendProps) {
  const neurons = new Map(series.map(({ neuron, colour }) => [neuron, colour]));
  const models = new Map(series.map(({ by }) => [by.id, by.place]));
  const items: Item[] = [
    ...(neurons.size > 1
      ? [...neurons].map(([id, colour]) => ({ text: `neuron ${id}`, colour, dash: 'none' }))
      : []),
    ...(models.size > 1
      ? [...models].map(([text, place]) => ({ text, colour: INK, dash: DASHES[place]! }))
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

function LegendItem({ text, colour, dash, point = false }: Item) {
  const width = SAMPLE + 6 + LETTER * text.length;
  const middle = HEIGHT / 2;
  return (
    <svg class="plot" width={width} height={HEIGHT} role="img" aria-label={text}>
      {point ? (
        <circle cx={SAMPLE / 2} cy={middle} r="3.5" fill={colour} />
      ) : (
        <line
          {...{ x1: 0, x2: SAMPLE, y1: middle, y2: middle, stroke: colour }}
          stroke-width="2.2"
          stroke-dasharray={dash}
          stroke-linecap={dash === BLANK_DASH ? 'round' : 'butt'}
        />
      )}
      <text x={SAMPLE + 6} y={middle} dy="0.35em">
        {text}
      </text>
    </svg>
  );
}
