import { useState } from 'preact/hooks';
import { counted } from '../../formats/counted.js';
import { encodeNpy } from '../../formats/npy.js';
import { Figure } from '../figures/figure.js';
import { imageShape } from '../figures/image-shape.js';
import { Pixels } from '../figures/pixels.js';
import { Failed } from '../parts/notices.js';
import { short } from '../parts/numbers.js';
import { describeUnit } from '../parts/response-unit.js';
import { useModel, usePage } from '../state/context.js';
import { storeImages } from '../state/stored-sets.js';
import { useStimulusChoice } from '../stimulus/chosen-stimulus.js';
import { imageAt, type PreferredResult, type PreferredStimuli } from './preferred-result.js';
import { Tile } from './tile.js';

type PreferredNeuron = PreferredResult['neurons'][number];

/** Shows the images of each neuron, their responses and their diversity. */
export function PreferredFigure({ found }: { readonly found: PreferredStimuli }) {
  const { unit } = useModel().card.response;
  const { result, images, bestOfSet, requests } = found;
  const { norm, background, blur, steps, seed, formulas, method } = result;
  return (
    <Figure
      title="Preferred stimuli"
      name="preferred-stimuli"
      requests={requests}
      columns={preferredColumns(result)}
      array={{ data: Float32Array.from(images.data), shape: images.shape }}
      caption={
        <>
          Responses {describeUnit(unit)}. The search took {steps}{' '}
          {method === 'cma-es'
            ? `generations of CMA-ES with the seed ${seed}`
            : `steps along the gradient, each blurred by ${counted(blur, 'pixel')}, from noise with the seed ${seed}`}
          . Images differ from the background, {short(background)}, by a norm of at most{' '}
          {short(norm)} ({formulas.norm}). Diversity is {formulas.diversity}; it is 0 if all images
          are the same.
        </>
      }
    >
      {result.neurons.map((neuron, i) => (
        <PreferredRow
          key={neuron.id}
          neuron={neuron}
          images={neuron.stimuli.map((_, restart) =>
            imageAt(images, i * result.restarts + restart, 2),
          )}
          natural={bestOfSet && imageAt(bestOfSet, i, 1)}
          found={found}
          place={i * result.restarts + neuron.best}
        />
      ))}
    </Figure>
  );
}

function PreferredRow({
  neuron: { id, best, stimuli, diversity, bestOfSet },
  images,
  natural,
  found,
  place,
}: {
  readonly neuron: PreferredNeuron;
  readonly images: readonly Float32Array[];
  readonly natural: Float32Array | null;
  readonly found: PreferredStimuli;
  /** Index of the best image in the array. */
  readonly place: number;
}) {
  const { height, width } = imageShape(found.images.shape, 2);
  return (
    <section class="found-row" aria-label={`Preferred stimuli of neuron ${id}`}>
      <div class="row spread">
        <h4>
          Neuron {id}
          {diversity !== null && <span class="quiet"> diversity {short(diversity)}</span>}
        </h4>
        <UseAsStimulus id={id} found={found} place={place} />
      </div>
      <div class="tiles">
        {images.map((pixels, restart) => {
          const { response, digest } = stimuli[restart]!;
          const isBest = restart === best;
          return (
            <Tile
              key={digest}
              title={`neuron ${id}: ${short(response)}`}
              note={isBest ? 'the best' : `start ${restart + 1}`}
              marked={isBest}
            >
              <Pixels
                label={
                  `Neuron ${id}, start ${restart + 1}: response ${short(response)}` +
                  (isBest ? ', the best' : '')
                }
                values={pixels}
                height={height}
                width={width}
              />
            </Tile>
          );
        })}
        {bestOfSet && natural && (
          <Tile
            title={`neuron ${id}: ${short(bestOfSet.response)}`}
            note={`best of the set, ${bestOfSet.stimulus}`}
          >
            <Pixels
              label={
                `Neuron ${id}, the best of the stored set, stimulus ${bestOfSet.stimulus}: response ` +
                short(bestOfSet.response)
              }
              values={natural}
              height={height}
              width={width}
            />
          </Tile>
        )}
      </div>
    </section>
  );
}

/** Makes the best image the current stimulus. The service stores it, so that the address can name it. */
function UseAsStimulus({
  id,
  found,
  place,
}: {
  readonly id: number;
  readonly found: PreferredStimuli;
  readonly place: number;
}) {
  const { service } = usePage();
  const model = useModel();
  const { choose } = useStimulusChoice();
  const [state, setState] = useState<{ readonly busy: boolean; readonly error?: Error }>({
    busy: false,
  });
  const store = async (button: HTMLElement) => {
    setState({ busy: true });
    try {
      const { data, shape } = found.images;
      const { size } = imageShape(shape, 2);
      const stack = [data.length / size, ...shape.slice(2)];
      const file = new File([encodeNpy(Float32Array.from(data), stack)], 'preferred-stimuli.npy');
      choose({ set: await storeImages(service, model, [file], 'crop'), index: place });
      setState({ busy: false });
      button.closest('main')?.scrollIntoView(); // The stimulus is at the top.
    } catch (error) {
      setState({ busy: false, error: error as Error });
    }
  };
  return (
    <>
      <button
        type="button"
        class="small"
        disabled={state.busy}
        aria-label={`Use the best as the stimulus: of neuron ${id}`}
        onClick={(event) => void store(event.currentTarget)}
      >
        Use the best as the stimulus
      </button>
      {state.error && <Failed error={state.error} />}
    </>
  );
}

function preferredColumns({ neurons }: PreferredResult) {
  const rows = neurons.flatMap(({ id, best, stimuli, diversity, bestOfSet }) => [
    ...stimuli.map(({ response, digest }, restart) => {
      const kind = restart === best ? 'best' : 'found';
      return { id, restart, kind, response, digest, diversity };
    }),
    ...(bestOfSet
      ? [{ ...bestOfSet, id, restart: null, kind: 'best of set', diversity: null }]
      : []),
  ]);
  return {
    neuron: rows.map(({ id }) => id),
    restart: rows.map(({ restart }) => restart),
    kind: rows.map(({ kind }) => kind),
    response: rows.map(({ response }) => response),
    digest: rows.map(({ digest }) => digest),
    diversity: rows.map(({ diversity }) => diversity),
  };
}
