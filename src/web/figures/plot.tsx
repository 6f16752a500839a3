import * as Plot from '@observablehq/plot';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

/** Width in pixels until the place of the plot is measured. */
const FIRST_WIDTH = 400;

export interface PlotViewProps {
  /** Describes the plot to screen readers. */
  readonly label: string;
  /** Returns the options for a width in pixels. */
  readonly draw: (width: number) => Plot.PlotOptions;
  /** The plot is drawn again when one of these values changes. */
  readonly dependencies: readonly unknown[];
  /** Maximum width in pixels. */
  readonly maxWidth?: number;
  /** Called with the index of a clicked bar or dot in the first mark that has bars or dots. */
  readonly onPick?: (index: number) => void;
}

/** Draws a plot at the width of its container. */
export function PlotView({ label, draw, dependencies, maxWidth = 900, onPick }: PlotViewProps) {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(FIRST_WIDTH);
  const picks = useRef(onPick);
  picks.current = onPick;

  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      const room = Math.floor(entry!.contentRect.width);
      if (room > 0) setWidth(Math.min(room, maxWidth));
    });
    observer.observe(place.current!);
    return () => observer.disconnect();
  }, [maxWidth]);

  useLayoutEffect(() => {
    const options = { ...draw(width), width, className: 'plot' };
    const drawing = Plot.plot(options);
    // The page's policy forbids inline styles; its own style sheet contains these.
    for (const style of drawing.querySelectorAll('style')) style.remove();
    // Screen readers get the plot as one image, so its parts must not have labels.
    for (const mark of drawing.querySelectorAll('[aria-label]')) {
      mark.setAttribute('data-mark', mark.getAttribute('aria-label')!);
      mark.removeAttribute('aria-label');
    }
    drawing.setAttribute('role', 'img');
    drawing.setAttribute('aria-label', label);
    if (onPick) {
      const marks = drawing.querySelector('[data-mark=bar], [data-mark=dot]')?.children ?? [];
      for (const [i, mark] of [...marks].entries()) {
        mark.addEventListener('click', () => picks.current?.(i));
        mark.classList.add('pick');
      }
    }
    place.current!.replaceChildren(drawing);
  }, [width, label, ...dependencies]);

  return <div class="plot-place" ref={place} />;
}
