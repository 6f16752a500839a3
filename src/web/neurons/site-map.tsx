import * as Plot from '@observablehq/plot';
import { useState } from 'preact/hooks';
import { ColourLegend } from '../figures/colour-legend.js';
import {
  ORIENTATION_SCALE,
  orientationColour,
  SHARE_SCALE,
  shareColour,
} from '../figures/colours.js';
import { Figure } from '../figures/figure.js';
import { PlotView } from '../figures/plot.js';
import { Segments } from '../parts/fields.js';
import type { SentRequest } from '../service/service.js';
import { useModel } from '../state/context.js';
import { useNeurons } from '../state/neurons.js';
import type { NeuronRow } from './neuron-rows.js';

const COLOURS = [
  ['orientation', 'preferred orientation'],
  ['CORR', 'CORR'],
] as const;

const EXTENTS = [
  ['close', 'close up'],
  ['image', 'whole image'],
] as const;
/** Margin around the outermost fields, in pixels. */
const MARGIN = 2;

const LEGENDS = {
  orientation: {
    label: 'preferred orientation (degrees)',
    from: 0,
    to: 180,
    colour: orientationColour,
    ticks: ['0', '45', '90', '135', '180'],
  },
  CORR: { label: 'CORR', from: 0, to: 1, ticks: ['0', '0.5', '1'], colour: shareColour },
};

export interface SiteMapProps {
  readonly rows: readonly NeuronRow[];
  readonly requests: readonly SentRequest[];
}

/** Draws each receptive field on the image as a line at its preferred orientation. */
export function SiteMap({ rows, requests }: SiteMapProps) {
  const { height, width } = useModel().card.stimulus;
  const { ids, choose } = useNeurons();
  const [by, setBy] = useState<'orientation' | 'CORR'>('orientation');
  const [extent, setExtent] = useState<'close' | 'image'>('close');
  const placed = rows.flatMap(({ id, values }) => {
    const { centreX: x, centreY: y, preferredOrientation: orientation, CORR, gOSI } = values;
    if (typeof x !== 'number' || typeof y !== 'number') return [];
    return [{ id, x, y, orientation: orientation ?? null, CORR: CORR ?? null, gOSI: gOSI ?? null }];
  });
  const visible = placed.filter((neuron) => neuron[by] !== null);
  const turned = visible.filter(({ orientation }) => orientation !== null);
  const frame =
    extent === 'image' || placed.length === 0 ? wholeImage(height, width) : aroundAll(placed);
  const colour = by === 'orientation' ? ORIENTATION_SCALE : SHARE_SCALE;
  return (
    <Figure
      title="Site map"
      name="site-map"
      columns={{
        neuron: placed.map(({ id }) => id),
        x: placed.map(({ x }) => x),
        y: placed.map(({ y }) => y),
        preferredOrientation: placed.map(({ orientation }) => orientation),
        CORR: placed.map(({ CORR }) => CORR),
      }}
      requests={requests}
      caption={`Centres of the receptive fields on the image, in pixels from its middle; ${placed.length} of ${rows.length} neurons have one. Each line has the preferred orientation of its neuron. Click one to choose the neuron.`}
    >
      <div class="row">
        <Segments label="Colour by" value={by} options={COLOURS} onValue={setBy} />
        <Segments label="Extent" value={extent} options={EXTENTS} onValue={setExtent} />
      </div>
      <ColourLegend {...LEGENDS[by]} />
      <PlotView
        label={`Receptive fields of ${placed.length} neurons on the image`}
        maxWidth={560}
        dependencies={[rows, by, extent, ids.join()]}
        onPick={(i) => choose([visible[i]!.id])}
        draw={(room) => ({
          height: room + 20,
          marginLeft: 38,
          marginTop: 26,
          x: { domain: frame.x, label: 'x (pixels)', grid: true },
          y: { domain: frame.y, label: 'y (pixels)', grid: true },
          color: colour,
          marks: [
            Plot.frame({ stroke: 'var(--line)' }),
            Plot.dot(visible, {
              x: 'x',
              y: 'y',
              fill: by,
              fillOpacity: 0.25,
              r: 9,
              stroke: ({ id }) => (ids.includes(id) ? 'currentColor' : 'transparent'),
              strokeWidth: 2,
              title: ({ id, x, y, orientation }) =>
                `neuron ${id}: (${x.toFixed(1)}, ${y.toFixed(1)})${orientation === null ? '' : `, ${orientation.toFixed(0)} degrees`}`,
            }),
            Plot.vector(turned, {
              x: 'x',
              y: 'y',
              stroke: by,
              strokeWidth: 3,
              shape: lineShape,
              anchor: 'middle',
              // Observable Plot rotates clockwise from vertical.
              rotate: ({ orientation }) => 90 - orientation!,
              length: 20,
              pointerEvents: 'none',
            }),
          ],
        })}
      />
    </Figure>
  );
}

interface Frame {
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
}

/** Returns a square around the image. */
function wholeImage(height: number, width: number): Frame {
  const half = Math.max(height, width) / 2;
  return { x: [-half, half], y: [-half, half] };
}

/** Returns a square around all positions. */
function aroundAll(places: readonly { readonly x: number; readonly y: number }[]): Frame {
  const reach = (values: readonly number[]) => {
    const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
    return { middle: (low + high) / 2, half: (high - low) / 2 };
  };
  const [x, y] = [reach(places.map((place) => place.x)), reach(places.map((place) => place.y))];
  const half = Math.max(x.half, y.half) + MARGIN;
  return {
    x: [x.middle - half, x.middle + half],
    y: [y.middle - half, y.middle + half],
  };
}

/** Draws a line without an arrowhead, because an orientation has no direction. */
const lineShape: Plot.VectorShapeImplementation = {
  draw(context, length) {
    context.moveTo(0, 0);
    context.lineTo(0, -length);
  },
};
