import type { InferResponseType } from 'hono/client';
import { ColourLegend } from '../figures/colour-legend.js';
import { shareColour } from '../figures/colours.js';
import { Figure } from '../figures/figure.js';
import { PlotView } from '../figures/plot.js';
import type { Columns } from '../figures/table.js';
import { Segments } from '../parts/fields.js';
import { FetchedView, Warnings } from '../parts/notices.js';
import { short } from '../parts/numbers.js';
import type { SentRequest, Service } from '../service/service.js';
import { useModel, usePage } from '../state/context.js';
import { useFetched } from '../state/fetched.js';
import { useNeurons } from '../state/neurons.js';
import { type Compared, sendToEach } from './compared-models.js';
import { listWarnings } from './labels.js';
import { mapPlot, responseRange } from './map-plot.js';
import { Numbers } from './numbers.js';
import { neuronSeries, type Series } from './series.js';
import { useComparedModels } from './use-compared-models.js';

type Route = Service['client']['v1']['models'][':model']['versions'][':version']['receptive-field'];
type Answer = InferResponseType<Route['$post']>;
type MappedNeuron = Answer['neurons'][number];

const PROBES = [
  ['disc', 'Discs', 'A small disc, bright and dark, at each of 21 x 21 positions.'],
  ['grating', 'Gratings', 'A small grating, at 4 orientations and phases, at each position.'],
  ['sparseNoise', 'Sparse noise', 'Bright and dark squares at random positions, 2000 frames.'],
] as const;

/** Maps where on the image the neurons respond. */
export function PositionMaps() {
  const { service, address } = usePage();
  const { ids } = useNeurons();
  const { all, readNeuronIds } = useComparedModels();
  const [probe, , description] =
    PROBES.find(([name]) => name === address.get('probe')) ?? PROBES[0];
  const key = JSON.stringify([probe, ids, all.map(({ id }) => id)]);
  const fetched = useFetched(key, (signal) => {
    const route = service.client.v1.models[':model'].versions[':version']['receptive-field'];
    return sendToEach(all, ids, readNeuronIds, ({ param }, neurons) => {
      const json = { stimulus: { [probe]: {} }, neurons };
      return service.json(route.$post({ param, json }, { init: { signal } }));
    });
  });
  return (
    <div class="results">
      <div class="row">
        <Segments
          label="Stimulus of the map"
          value={probe}
          options={PROBES.map(([name, text]) => [name, text] as const)}
          onValue={(next) => address.set({ probe: next })}
        />
        <span class="quiet">{description}</span>
      </div>
      <FetchedView fetched={fetched} waiting="Mapping the receptive fields…">
        {(compared) => <Maps compared={compared} />}
      </FetchedView>
    </div>
  );
}

function Maps({ compared }: { readonly compared: Compared<Answer> }) {
  const { results, omitted } = compared;
  const series = neuronSeries(results);
  const requests = results.map(({ request }) => request);
  return (
    <>
      <Warnings warnings={omitted} />
      <div class="figures">
        {series.map(({ of, ...each }) => {
          const { value, request } = results.find(({ model }) => model === each.model)!;
          return (
            <MapFigure key={each.label} answer={value} neuron={of} request={request} of={each} />
          );
        })}
      </div>
      <Warnings warnings={listWarnings(results)} />
      <Numbers name="position" series={series} requests={requests} />
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
  // The fit belongs to the map of all probes. Without a valid centre it is not drawn.
  const fit = indices['centreX']?.value == null ? undefined : fits['gaussian'];
  const maps = [
    { text: 'all', rows: map },
    ...(on ? [{ text: 'bright (ON)', rows: on }] : []),
    ...(off ? [{ text: 'dark (OFF)', rows: off }] : []),
  ];
  const range = responseRange(maps.map(({ rows }) => rows));
  const [low, high] = range;
  const flat = Float64Array.from(map.flat());
  return (
    <Figure
      title={`Position map, ${of.label}`}
      name={`position-map-${of.neuron}`}
      columns={mapColumns(answer, neuron)}
      array={{ data: flat, shape: [y.length, x.length] }}
      requests={[request]}
      caption={mapCaption(neuron)}
    >
      <div class={maps.length > 1 ? 'maps several' : 'maps'}>
        {maps.map(({ text, rows }) => (
          <div key={text}>
            {maps.length > 1 && <p class="map-title">{text}</p>}
            <PlotView
              label={`Position map of ${of.label}, ${text}: ${mapCaption(neuron)}`}
              draw={(width) =>
                mapPlot({ x, y, rows }, rows === map ? fit : undefined, range, unit, width)
              }
              dependencies={[neuron]}
              maxWidth={460}
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

function mapCaption({ indices, peak }: MappedNeuron): string {
  const { centreX, centreY, diameter } = indices;
  const strongest = `responds most at (${short(peak.x)}, ${short(peak.y)})`;
  if (centreX?.value == null || centreY?.value == null) {
    const why = centreX?.value === null ? `: ${centreX.reason}` : '';
    return `No centre was found${why}; the neuron ${strongest}.`;
  }
  const centre = `centre of the fit (${short(centreX.value)}, ${short(centreY.value)})`;
  if (diameter?.value == null) return `The ${centre}; the neuron ${strongest}.`;
  return `The ${centre}, its diameter ${short(diameter.value)}; the outline is at two sigma.`;
}

function mapColumns({ x, y }: Answer, { map, on, off }: MappedNeuron): Columns {
  return {
    x: y.flatMap(() => x),
    y: y.flatMap((each) => x.map(() => each)),
    response: map.flat(),
    ...(on ? { on: on.flat() } : {}),
    ...(off ? { off: off.flat() } : {}),
  };
}
