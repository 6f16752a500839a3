import * as Plot from '@observablehq/plot';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

/** Before the room is known. */
const FIRST_WIDTH = 400;

export interface PlotViewProps {
  /** What it shows, for whoever does not see it. */
  readonly label: string;
  /** Of the room that there is, in pixels. */
  readonly draw: (width: number) => Plot.PlotOptions;
  /** When it is to be drawn again. */
  readonly by: readonly unknown[];
  /** The widest that it gets. */
  readonly most?: number;
  /** When a bar or dot is pressed: its place among those of the first mark that has any. */
  readonly onPick?: (index: number) => void;
}

/** A plot as wide as its place. */
export function PlotView({ label, draw, by, most = 900, onPick }: PlotViewProps) {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(FIRST_WIDTH);
  const picks = useRef(onPick);
  picks.current = onPick;

  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      const room = Math.floor(entry!.contentRect.width);
      if (room > 0) setWidth(Math.min(room, most));
    });
    observer.observe(place.current!);
    return () => observer.disconnect();
  }, [most]);

  useLayoutEffect(() => {
    const options = { ...draw(width), width, className: 'plot' };
    const drawing = Plot.plot(options);
    // the page's own style sheet has it: its policy allows no other
    for (const style of drawing.querySelectorAll('style')) style.remove();
    // the whole is one image to who does not see it; its parts may bear no label then
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
  }, [width, label, ...by]);

  return <div class="plot-place" ref={place} />;
}
