import type { ComponentChildren } from 'preact';

export interface TileProps {
  readonly title: string;
  readonly note: string;
  /** Whether the tile is highlighted. */
  readonly marked?: boolean;
  readonly children: ComponentChildren;
}

/** A small image with two lines of text, which are saved with the figure. */
export function Tile({ title, note, marked = false, children }: TileProps) {
  return (
    <div class={marked ? 'tile marked' : 'tile'}>
      {children}
      <svg class="tile-label" height={34} aria-hidden="true">
        <text y={14} font-weight={marked ? 600 : undefined}>
          {title}
        </text>
        <text class="tile-note" y={29}>
          {note}
        </text>
      </svg>
    </div>
  );
}
