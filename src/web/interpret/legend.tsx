import { useId } from 'preact/hooks';

export interface LegendProps {
  /** The quantity that the colours encode. */
  readonly title: string;
  /** Evenly spaced colours, from left to right. */
  readonly colours: readonly string[];
  /** Evenly spaced labels, from left to right. */
  readonly ticks: readonly string[];
  /** Gray backgrounds of the colours. */
  readonly over: readonly number[];
}

const HEIGHT = 14;

/** Draws a colour scale as SVG, so that it is saved with the figure. */
export function Legend({ title, colours, ticks, over }: LegendProps) {
  const id = useId();
  return (
    <svg class="legend" role="img" aria-label={`${title}: ${ticks.join(', ')}`} height={46}>
      <defs>
        <linearGradient id={id}>
          {colours.map((colour, i) => (
            <stop key={colour} offset={i / (colours.length - 1)} stop-color={colour} />
          ))}
        </linearGradient>
      </defs>
      <text y={11}>{title}</text>
      {over.map((gray, i) => (
        <rect
          key={gray}
          y={17 + (i * HEIGHT) / over.length}
          width="100%"
          height={HEIGHT / over.length}
          fill={`rgb(${gray} ${gray} ${gray})`}
        />
      ))}
      <rect y={17} width="100%" height={HEIGHT} fill={`url(#${id})`} />
      {ticks.map((tick, i) => (
        <text
          key={tick}
          x={`${(100 * i) / (ticks.length - 1)}%`}
          y={44}
          text-anchor={i === 0 ? 'start' : i === ticks.length - 1 ? 'end' : 'middle'}
        >
          {tick}
        </text>
      ))}
    </svg>
  );
}
