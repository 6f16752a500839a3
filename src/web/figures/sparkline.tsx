export interface SparklineProps {
  readonly label: string;
  readonly values: readonly number[];
  /** Values at the bottom and at the top; by default the range of the values and 0. */
  readonly range?: readonly [number, number];
  readonly width?: number;
  readonly height?: number;
  readonly colour?: string;
}

/** Draws a small curve without axes. */
export function Sparkline(props: SparklineProps) {
  const { label, values, width = 90, height = 26, colour = 'var(--accent)' } = props;
  const [low, high] = props.range ?? [Math.min(0, ...values), Math.max(0, ...values)];
  const x = (i: number) => 1 + (i * (width - 2)) / Math.max(1, values.length - 1);
  const y = (value: number) => height - 2 - ((value - low) * (height - 4)) / (high - low || 1);
  const points = values.map((value, i) => `${x(i).toFixed(1)},${y(value).toFixed(1)}`);
  return (
    <svg
      class="sparkline"
      role="img"
      aria-label={label}
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
    >
      <line
        x1="0"
        x2={width}
        y1={y(Math.max(low, 0))}
        y2={y(Math.max(low, 0))}
        stroke="var(--line)"
      />
      {values.length > 0 && (
        <circle cx={x(values.length - 1)} cy={y(values.at(-1)!)} r="1.8" fill={colour} />
      )}
      <polyline
        points={points.join(' ')}
        fill="none"
        stroke={colour}
        stroke-width="1.6"
        stroke-linejoin="round"
      />
    </svg>
  );
}
