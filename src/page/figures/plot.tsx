import * as Plot from '@observablehq/plot';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

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
}

/** A plot as wide as its place. */
export function PlotView({ label, draw, by, most = 900 }: PlotViewProps) {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(FIRST_WIDTH);

  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      const room = Math.floor(entry!.contentRect.width);
      if (room > 0) setWidth(Math.min(room, most));
    });
    observer.observe(place.current!);
    return () => observer.disconnect();
  }, [most]);

  useEffect(() => {
    const options = { ...draw(width), width, className: 'plot' };
    const drawing = Plot.plot(options);
    // the page's own style sheet has it: its policy allows no other
    for (const style of drawing.querySelectorAll('style')) style.remove();
    drawing.setAttribute('role', 'img');
    drawing.setAttribute('aria-label', label);
    place.current!.replaceChildren(drawing);
  }, [width, label, ...by]);

  return <div class="plot-place" ref={place} />;
}
