import type { InferResponseType } from 'hono/client';
import { ColourLegend } from '../figures/colour-legend.js';
import { shareColour } from '../figures/colours.js';
import { Figure } from '../figures/figure.js';
import { PlotView } from '../figures/plot.js';
import type { Columns } from '../figures/table.js';
import { Segments } from '../parts/fields.js';
import { AskedView, Warnings } from '../parts/notices.js';
import { short } from '../parts/numbers.js';
import type { SentRequest, Service } from '../service/service.js';
import { useAsked } from '../state/asked.js';
import { useModel, usePage } from '../state/context.js';
import { useNeurons } from '../state/neurons.js';
import { askEach, type Compared } from './answerers.js';
import { mapPlot, rangeOf } from './map-plot.js';
import { Numbers } from './numbers.js';
import { type Series, seriesOf } from './series.js';
import { useAnswerers } from './use-answerers.js';
import { warningsOf } from './words.js';

type Route = Service['client']['v1']['models'][':model']['versions'][':version']['receptive-field'];
type Answer = InferResponseType<Route['$post']>;
type MappedNeuron = Answer['neurons'][number];

const PROBES = [
  ['disc', 'Discs', 'A small disc, bright and dark, at each of 21 x 21 places.'],
  ['grating', 'Gratings', 'A small grating, at 4 orientations and phases, at each place.'],
  ['sparseNoise', 'Sparse noise', 'Bright and dark squares at random places, 2000 frames.'],
] as const;

/** Where on the image the neurons respond. */
export function PositionMaps() {
  const { service, address } = usePage();
  const { ids } = useNeurons();
  const { all, knownTo } = useAnswerers();
  const [probe, , words] = PROBES.find(([name]) => name === address.get('probe')) ?? PROBES[0];
  const key = JSON.stringify([probe, ids, all.map(({ id }) => id)]);
  const asked = useAsked(key, (signal) => {
    const route = service.client.v1.models[':model'].versions[':version']['receptive-field'];
    return askEach(all, ids, knownTo, ({ param }, neurons) => {
      const json = { stimulus: { [probe]: {} }, neurons };
      return service.json(route.$post({ param, json }, { init: { signal } }));
    });
  });
  return (
    <div class="results">
      <div class="row">
        <Segments
          label="What is shown"
          value={probe}
          options={PROBES.map(([name, text]) => [name, text] as const)}
          onValue={(next) => address.set({ probe: next })}
        />
        <span class="quiet">{words}</span>
      </div>
      <AskedView asked={asked} waiting="Mapping the receptive fields…">
        {(compared) => <Maps compared={compared} />}
      </AskedView>
    </div>
  );
}

function Maps({ compared }: { readonly compared: Compared<Answer> }) {
  const { told, refused } = compared;
  const series = seriesOf(told);
  const requests = told.map(({ request }) => request);
  return (
    <>
      <Warnings warnings={refused} />
      <div class="figures">
        {series.map(({ of, ...each }) => {
          const { value, request } = told.find(({ by }) => by === each.by)!;
          return (
            <MapFigure key={each.label} {...{ answer: value, neuron: of, request }} of={each} />
          );
        })}
      </div>
      <Warnings warnings={warningsOf(told)} />
      <Numbers name="position" {...{ series, requests }} />
    </>
  );
}

interface MapFigureProps {
  readonly answer: Answer;
  readonly neuron: MappedNeuron;
  readonly of: Series;
  readonly request: SentRequest;
}

function MapFigure({ answer, neuron, of, request }: MapFigureProps) {
  const { response } = useModel().card;
  const { x, y, unit } = answer;
  const { map, on, off, fits, indices } = neuron;
  // it was fitted to the map of all, and is not to be seen where it says nothing
  const fit = indices['centreX']?.value == null ? undefined : fits['gaussian'];
  const maps = [
    { text: 'all', rows: map },
    ...(on ? [{ text: 'bright (ON)', rows: on }] : []),
    ...(off ? [{ text: 'dark (OFF)', rows: off }] : []),
  ];
  const range = rangeOf(maps.map(({ rows }) => rows));
  const [low, high] = range;
  const flat = Float64Array.from(map.flat());
  return (
    <Figure
      title={`Position map, ${of.label}`}
      name={`position-map-${of.neuron}`}
      columns={columnsOf(answer, neuron)}
      array={{ data: flat, shape: [y.length, x.length] }}
      requests={[request]}
      caption={captionOf(neuron)}
    >
      <div class={maps.length > 1 ? 'maps several' : 'maps'}>
        {maps.map(({ text, rows }) => (
          <div key={text}>
            {maps.length > 1 && <p class="map-title">{text}</p>}
            <PlotView
              label={`Position map of ${of.label}, ${text}: ${captionOf(neuron)}`}
              draw={(width) =>
                mapPlot({ x, y, rows }, rows === map ? fit : undefined, range, unit, width)
              }
              by={[neuron]}
              most={460}
            />
          </div>
        ))}
      </div>
      <ColourLegend
        label={`Response (${response.unit})`}
        from={low}
        to={high}
        ticks={[low, (low + high) / 2, high].map(short)}
        colour={(value) => shareColour((value - low) / (high - low))}
      />
    </Figure>
  );
}

function captionOf({ indices, peak }: MappedNeuron): string {
  const { centreX, centreY, diameter } = indices;
  const most = `responds most at (${short(peak.x)}, ${short(peak.y)})`;
  if (centreX?.value == null || centreY?.value == null) {
    const why = centreX?.value === null ? `: ${centreX.reason}` : '';
    return `No centre was found${why}; the neuron ${most}.`;
  }
  const centre = `centre of the fit (${short(centreX.value)}, ${short(centreY.value)})`;
  if (diameter?.value == null) return `The ${centre}; the neuron ${most}.`;
  return `The ${centre}, its diameter ${short(diameter.value)}; the outline is at two sigma.`;
}

function columnsOf({ x, y }: Answer, { map, on, off }: MappedNeuron): Columns {
  return {
    x: y.flatMap(() => x),
    y: y.flatMap((each) => x.map(() => each)),
    response: map.flat(),
    ...(on ? { on: on.flat() } : {}),
    ...(off ? { off: off.flat() } : {}),
  };
}
