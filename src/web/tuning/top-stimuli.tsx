import { Figure } from '../figures/figure.js';
import { type ImageShape, imageAxes, imageShape } from '../figures/image-shape.js';
import { Pixels } from '../figures/pixels.js';
import { FetchedView } from '../parts/notices.js';
import { short } from '../parts/numbers.js';
import { useModel, usePage } from '../state/context.js';
import { useFetched } from '../state/fetched.js';
import type { ChosenStimulus } from '../stimulus/chosen-stimulus.js';
import type { Ranking } from './ranking.js';
import { neuronSeries } from './series.js';

/** Maximum number of stimuli for one neuron. */
const MAX_THUMBNAILS = 24;
const NPY = 'application/x-npy';

/** Shows the stimuli with the largest responses of each neuron, as the model receives them. */
export function TopStimuli({ ranking }: { readonly ranking: Ranking }) {
  const { service } = usePage();
  const { param } = useModel();
  const { set, resized } = ranking.request;
  const { results } = ranking.rank;
  const tops = neuronSeries(results).map(({ of, ...series }) => {
    const { k } = results.find(({ model }) => model === series.model)!.value;
    const strongest = of.order.slice(0, Math.min(k, MAX_THUMBNAILS)).map((stimulus, i) => ({
      stimulus,
      real: of.real?.[i],
      predicted: of.predicted[i]!,
    }));
    return { series, k, strongest };
  });
  const stimuli = [
    ...new Set(tops.flatMap(({ strongest }) => strongest.map(({ stimulus }) => stimulus))),
  ];
  const fetched = useFetched(JSON.stringify([set, stimuli]), async (signal) => {
    const route = service.client.v1.models[':model'].versions[':version'].stimuli;
    const query = resized ? { fit: 'resize' } : {};
    const json = { stimulusSet: set, stimuli };
    const init = { headers: { Accept: NPY }, init: { signal } };
    const { value, request } = await service.npy(route.$post({ param, query, json }, init));
    const image = imageShape(value.shape, 1);
    const data = Float32Array.from(value.data);
    const { size } = image;
    const places = new Map(stimuli.map((stimulus, place) => [stimulus, place]));
    const findPixels = (stimulus: number) => {
      const place = places.get(stimulus) ?? 0;
      return data.subarray(place * size, (place + 1) * size);
    };
    return { image, findPixels, request };
  });
  return (
    <FetchedView fetched={fetched} waiting="Fetching the strongest stimuli…">
      {({ image, findPixels, request }) => (
        <div class="figures">
          {tops.map(({ series, k, strongest }) => (
            <Figure
              key={series.label}
              title={`Strongest stimuli, ${series.label}`}
              name={`strongest-stimuli-${series.neuron}`}
              columns={{
                stimulus: strongest.map(({ stimulus }) => stimulus),
                ...(strongest[0]?.real === undefined
                  ? {}
                  : { real: strongest.map(({ real }) => real!) }),
                predicted: strongest.map(({ predicted }) => predicted),
              }}
              array={stackImages(
                strongest.map(({ stimulus }) => findPixels(stimulus)),
                image,
              )}
              requests={[request]}
              caption={thumbnailCaption(strongest.length, k, strongest[0]?.real !== undefined)}
            >
              <ol class="thumbnails">
                {strongest.map(({ stimulus, real, predicted }) => (
                  <li key={stimulus}>
                    <Thumbnail
                      label={`Stimulus ${stimulus}`}
                      chosen={{ set, index: stimulus }}
                      height={image.height}
                      width={image.width}
                      values={findPixels(stimulus)}
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
    </FetchedView>
  );
}

interface ThumbnailProps {
  readonly label: string;
  readonly chosen: ChosenStimulus;
  readonly values: Float32Array;
  readonly height: number;
  readonly width: number;
}

/** A small stimulus with a link to the Stimulus view. */
function Thumbnail({ label, chosen, ...image }: ThumbnailProps) {
  const { address } = usePage();
  return (
    <button
      type="button"
      class="plain thumbnail"
      title={`${label}: open it`}
      onClick={() => address.set({ view: 'stimulus', stimulus: JSON.stringify(chosen) }, true)}
    >
      <Pixels label={label} {...image} />
    </button>
  );
}

function thumbnailCaption(count: number, k: number, withReal: boolean): string {
  const which = count < k ? `The first ${count} of the ${k} strongest` : `The ${k} strongest`;
  const order = withReal ? ', by the real response; below each real / predicted' : '';
  return `${which}${order}. Click one to open it.`;
}

function stackImages(images: readonly Float32Array[], shape: ImageShape) {
  const data = new Float32Array(images.length * shape.size);
  for (const [i, image] of images.entries()) data.set(image, i * shape.size);
  return { data, shape: [images.length, ...imageAxes(shape)] };
}
