import type { ComponentChildren } from 'preact';

export interface TileProps {
  readonly title: string;
  readonly note: string;
  /** The one that the eye is to find. */
  readonly marked?: boolean;
  readonly children: ComponentChildren;
}

/** A small image, with two lines below it that are saved with its figure. */
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
