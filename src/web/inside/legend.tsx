import { useId } from 'preact/hooks';

export interface LegendProps {
  /** What the colours say. */
  readonly title: string;
  /** Colours at equal distances, from the left to the right. */
  readonly colours: readonly string[];
  /** What stands below them, likewise. */
  readonly ticks: readonly string[];
  /** Grays that the colours are laid over. */
  readonly over: readonly number[];
}

const HEIGHT = 14;

/** A scale of colours, drawn so that it is saved with its figure. */
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
