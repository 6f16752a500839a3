export interface ColourLegendProps {
  readonly label: string;
  readonly from: number;
  readonly to: number;
  /** Labels below the scale, from left to right. */
  readonly ticks: readonly string[];
  readonly colour: (value: number) => string;
}

const STEPS = 48;
const WIDTH = 240;

/** Explains the colours of a plot. */
export function ColourLegend({ label, from, to, ticks, colour }: ColourLegendProps) {
  return (
    <svg
      class="colour-legend"
      role="img"
      aria-label={`${label}: colours from ${from} to ${to}`}
      viewBox={`0 0 ${WIDTH} 42`}
      width={WIDTH}
      height={42}
    >
      <text x={0} y={10}>
        {label}
      </text>
      {Array.from({ length: STEPS }, (_, i) => (
        <rect
          key={`${i}`}
          x={(i * WIDTH) / STEPS}
          y={15}
          width={WIDTH / STEPS + 0.5}
          height={11}
          fill={colour(from + ((i + 0.5) * (to - from)) / STEPS)}
        />
      ))}
      {ticks.map((tick, i) => (
        <text
          key={tick}
          x={(i * WIDTH) / (ticks.length - 1)}
          y={39}
          text-anchor={i === 0 ? 'start' : i === ticks.length - 1 ? 'end' : 'middle'}
        >
          {tick}
        </text>
      ))}
    </svg>
  );
}
