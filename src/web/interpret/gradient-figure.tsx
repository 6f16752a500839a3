import { divergingColour } from '../figures/colours.js';
import { Figure } from '../figures/figure.js';
import { imageShape } from '../figures/image-shape.js';
import { Pixels } from '../figures/pixels.js';
import { Segments } from '../parts/fields.js';
import { short } from '../parts/numbers.js';
import { useModel, usePage } from '../state/context.js';
import type { RenderedStimulus } from '../stimulus/rendered-stimulus.js';
import type { GradientMap, Gradients } from './interpretation.js';
import { Legend } from './legend.js';
import { Tile } from './tile.js';

const GROUNDS = [
  ['', 'Over the stimulus'],
  ['alone', 'Alone'],
] as const;

/** Values of the colour scale, without 0, where blue would change to red. */
const SHARES = Array.from({ length: 40 }, (_, i) => (2 * i) / 39 - 1);

/** Shows how each pixel changes the response. */
export function GradientFigure({ gradients }: { readonly gradients: Gradients }) {
  const { address } = usePage();
  const unit = `${useModel().card.response.unit} per unit of pixel value`;
  const { rendered, maps, array, request } = gradients;
  const ground = address.get('gradient') === 'alone' ? 'alone' : '';
  const [first, ...others] = maps;
  const { neuron, largest } = first!;
  return (
    <Figure
      title="What each pixel changes"
      name="gradient"
      requests={[request, rendered.request]}
      columns={gradientColumns(gradients)}
      array={array}
      caption={
        <>
          The gradient of the response at this stimulus. Raising a pixel by a small <i>e</i> changes
          the response by <i>e</i> times the plotted value. Pixel values go from 0 (black) to 1
          (white).
          {rendered.channels === 3 && ' The plotted value is the sum over red, green and blue.'}
          {maps.length > 1 && ' Each map has its own largest value.'}
        </>
      }
    >
      <Segments
        label="What the gradient is drawn on"
        value={ground}
        options={GROUNDS}
        onValue={(next) => address.set({ gradient: next })}
      />
      <div class="large-map one">
        <div class="map-side">
          <Overlaid map={first!} rendered={rendered} alone={ground === 'alone'} />
          <Legend
            title={`Neuron ${neuron}, ${unit}`}
            colours={SHARES.map(cssColour)}
            ticks={[short(-largest), '0', short(largest)]}
            over={ground === 'alone' ? [255] : [40, 128, 215]}
          />
          <p class="cell-description">
            <strong>Largest change</strong>: {short(largest)} <span class="quiet">{unit}</span>.{' '}
            <span class="quiet">Red: brighter raises the response; blue: brighter lowers it.</span>
          </p>
        </div>
      </div>
      {others.length > 0 && (
        <div class="tiles">
          {others.map((map) => (
            <Tile
              key={map.neuron}
              title={`neuron ${map.neuron}`}
              note={`largest ${short(map.largest)}`}
            >
              <Overlaid map={map} rendered={rendered} alone={ground === 'alone'} />
            </Tile>
          ))}
        </div>
      )}
    </Figure>
  );
}

function Overlaid({
  map: { neuron, largest, shares },
  rendered: { pixels, height, width },
  alone,
}: {
  readonly map: GradientMap;
  readonly rendered: RenderedStimulus;
  readonly alone: boolean;
}) {
  const size = { height, width };
  return (
    <div class="overlaid">
      {!alone && <Pixels label="The stimulus" values={pixels} {...size} />}
      <Pixels
        label={`Gradient of neuron ${neuron}: at most ${short(largest)} up or down`}
        values={shares}
        colour={alone ? onWhite : divergingColour}
        {...size}
      />
    </div>
  );
}

function gradientColumns({ maps, array }: Gradients) {
  const { width, height, channels, size } = imageShape(array.shape, 1);
  const places = Array.from(array.data.keys());
  return {
    neuron: places.map((i) => maps[Math.floor(i / size)]!.neuron),
    row: places.map((i) => Math.floor(i / (width * channels)) % height),
    column: places.map((i) => Math.floor(i / channels) % width),
    ...(channels === 1 ? {} : { channel: places.map((i) => i % channels) }),
    gradient: Array.from(array.data),
  };
}

function onWhite(share: number): readonly [number, number, number, number] {
  const [red, green, blue, opacity] = divergingColour(share);
  const mixed = (part: number) => Math.round(255 + ((part - 255) * opacity) / 255);
  return [mixed(red), mixed(green), mixed(blue), 255];
}

function cssColour(share: number): string {
  const [red, green, blue, opacity] = divergingColour(share);
  return `rgb(${red} ${green} ${blue} / ${opacity / 255})`;
}
