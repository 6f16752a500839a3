import { Figure } from '../figures/figure.js';
import { Pixels } from '../figures/pixels.js';
import { AskedView } from '../parts/notices.js';
import { short } from '../parts/numbers.js';
import { useAsked } from '../state/asked.js';
import { useModel, usePage } from '../state/context.js';
import type { ChosenStimulus } from '../stimulus/chosen-stimulus.js';
import type { Ranking } from './ranking.js';
import { seriesOf } from './series.js';

/** Of one neuron, at most: of more, the first are shown. */
const MOST_SHOWN = 24;
const NPY = 'application/x-npy';

/** The stimuli that each neuron responds to most, as the model sees them. */
export function TopStimuli({ ranking }: { readonly ranking: Ranking }) {
  const { service } = usePage();
  const { param } = useModel();
  const { set, resized } = ranking.question;
  const { told } = ranking.rank;
  const tops = seriesOf(told).map(({ of, ...series }) => {
    const { k } = told.find(({ by }) => by === series.by)!.value;
    const shown = of.order.slice(0, Math.min(k, MOST_SHOWN)).map((stimulus, i) => ({
      stimulus,
      real: of.real?.[i],
      predicted: of.predicted[i]!,
    }));
    return { series, k, shown };
  });
  const stimuli = [...new Set(tops.flatMap(({ shown }) => shown.map(({ stimulus }) => stimulus)))];
  const asked = useAsked(JSON.stringify([set, stimuli]), async (signal) => {
    const route = service.client.v1.models[':model'].versions[':version'].stimuli;
    const query = resized ? { fit: 'resize' } : {};
    const json = { stimulusSet: set, stimuli };
    const init = { headers: { Accept: NPY }, init: { signal } };
    const { value, request } = await service.npy(route.$post({ param, query, json }, init));
    const [, height = 0, width = 0] = value.shape;
    const data = Float32Array.from(value.data);
    const size = height * width;
    const places = new Map(stimuli.map((stimulus, place) => [stimulus, place]));
    const pixelsOf = (stimulus: number) => {
      const place = places.get(stimulus) ?? 0;
      return data.subarray(place * size, (place + 1) * size);
    };
    return { height, width, pixelsOf, request };
  });
  return (
    <AskedView asked={asked} waiting="Fetching the strongest stimuli…">
      {({ height, width, pixelsOf, request }) => (
        <div class="figures">
          {tops.map(({ series, k, shown }) => (
            <Figure
              key={series.label}
              title={`Strongest stimuli, ${series.label}`}
              name={`strongest-stimuli-${series.neuron}`}
              columns={{
                stimulus: shown.map(({ stimulus }) => stimulus),
                ...(shown[0]?.real === undefined ? {} : { real: shown.map(({ real }) => real!) }),
                predicted: shown.map(({ predicted }) => predicted),
              }}
              array={arrayOf(
                shown.map(({ stimulus }) => pixelsOf(stimulus)),
                height,
                width,
              )}
              requests={[request]}
              caption={captionOf(shown.length, k, shown[0]?.real !== undefined)}
            >
              <ol class="thumbnails">
                {shown.map(({ stimulus, real, predicted }) => (
                  <li key={stimulus}>
                    <Thumbnail
                      label={`Stimulus ${stimulus}`}
                      chosen={{ set, index: stimulus }}
                      {...{ height, width }}
                      values={pixelsOf(stimulus)}
                    />
                    <span>
                      {real === undefined
                        ? short(predicted)
                        : `${short(real)} / ${short(predicted)}`}
                    </span>
                  </li>
                ))}
              </ol>
            </Figure>
          ))}
        </div>
      )}
    </AskedView>
  );
}

interface ThumbnailProps {
  readonly label: string;
  readonly chosen: ChosenStimulus;
  readonly values: Float32Array;
  readonly height: number;
  readonly width: number;
}

/** A stimulus, small, which leads to the view that shows it large. */
function Thumbnail({ label, chosen, ...image }: ThumbnailProps) {
  const { address } = usePage();
  return (
    <button
      type="button"
      class="plain thumbnail"
      title={`${label}: look at it`}
      onClick={() => address.set({ view: 'stimulus', stimulus: JSON.stringify(chosen) }, true)}
    >
      <Pixels label={label} {...image} />
    </button>
  );
}

function captionOf(shown: number, k: number, withReal: boolean): string {
  const which = shown < k ? `The first ${shown} of the ${k} strongest` : `The ${k} strongest`;
  const order = withReal ? ', by the real response; below each real / predicted' : '';
  return `${which}${order}. Press one to look at it.`;
}

function arrayOf(images: readonly Float32Array[], height: number, width: number) {
  const data = new Float32Array(images.length * height * width);
  for (const [i, image] of images.entries()) data.set(image, i * height * width);
  return { data, shape: [images.length, height, width] };
}
