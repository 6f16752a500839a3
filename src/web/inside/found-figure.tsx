import { useState } from 'preact/hooks';
import { encodeNpy } from '../../formats/npy.js';
import { Figure } from '../figures/figure.js';
import { Pixels } from '../figures/pixels.js';
import { Failed } from '../parts/notices.js';
import { short } from '../parts/numbers.js';
import { useModel, usePage } from '../state/context.js';
import { storeImages } from '../state/stored-sets.js';
import { useStimulusChoice } from '../stimulus/chosen-stimulus.js';
import { type Found, imageAt, type PreferredResult } from './found.js';
import { Tile } from './tile.js';

type FoundNeuron = PreferredResult['neurons'][number];

/** The images that were found for each neuron, their responses, and how alike they are. */
export function FoundFigure({ found }: { readonly found: Found }) {
  const { unit } = useModel().card.response;
  const { result, images, bestOfSet, requests } = found;
  const { norm, background, blur, steps, seed, formulas } = result;
  return (
    <Figure
      title="Preferred stimuli"
      name="preferred-stimuli"
      requests={requests}
      columns={columnsOf(result)}
      array={{ data: Float32Array.from(images.data), shape: images.shape }}
      caption={
        <>
          Responses are in {unit}. {steps} steps up the gradient, each blurred by {short(blur)}{' '}
          pixels, from noise of the seed {seed}; an image differs from the background,{' '}
          {short(background)}, by a norm of {short(norm)} at most ({formulas.norm}). Diversity is{' '}
          {formulas.diversity}: 0 where all images are the same.
        </>
      }
    >
      {result.neurons.map((neuron, i) => (
        <FoundRow
          key={neuron.id}
          neuron={neuron}
          images={neuron.stimuli.map((_, restart) =>
            imageAt(images, i * result.restarts + restart),
          )}
          natural={bestOfSet && imageAt(bestOfSet, i)}
          found={found}
          place={i * result.restarts + neuron.best}
        />
      ))}
    </Figure>
  );
}

function FoundRow({
  neuron: { id, best, stimuli, diversity, bestOfSet },
  images,
  natural,
  found,
  place,
}: {
  readonly neuron: FoundNeuron;
  readonly images: readonly Float32Array[];
  readonly natural: Float32Array | null;
  readonly found: Found;
  /** Of the best, among all images. */
  readonly place: number;
}) {
  const [height = 0, width = 0] = found.images.shape.slice(-2);
  return (
    <section class="found-row" aria-label={`Preferred stimuli of neuron ${id}`}>
      <div class="row spread">
        <h4>
          Neuron {id}
          {diversity !== null && <span class="quiet"> diversity {short(diversity)}</span>}
        </h4>
        <LookInside id={id} found={found} place={place} />
      </div>
      <div class="tiles">
        {images.map((pixels, restart) => {
          const { response, digest } = stimuli[restart]!;
          const isBest = restart === best;
          return (
            <Tile
              key={digest}
              title={`neuron ${id}: ${short(response)}`}
              note={isBest ? 'the best' : `beginning ${restart + 1}`}
              marked={isBest}
            >
              <Pixels
                label={
                  `Neuron ${id}, beginning ${restart + 1}: response ${short(response)}` +
                  (isBest ? ', the best' : '')
                }
                {...{ values: pixels, height, width }}
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
              {...{ values: natural, height, width }}
            />
          </Tile>
        )}
      </div>
    </section>
  );
}

/** Makes the best image the stimulus that is looked at; it is stored, so that the address can name it. */
function LookInside({
  id,
  found,
  place,
}: {
  readonly id: number;
  readonly found: Found;
  readonly place: number;
}) {
  const { service } = usePage();
  const model = useModel();
  const { choose } = useStimulusChoice();
  const [state, setState] = useState<{ readonly busy: boolean; readonly error?: Error }>({
    busy: false,
  });
  const look = async (button: HTMLElement) => {
    setState({ busy: true });
    try {
      const { data, shape } = found.images;
      const [height = 0, width = 0] = shape.slice(-2);
      const stack = [data.length / (height * width), height, width];
      const file = new File([encodeNpy(Float32Array.from(data), stack)], 'preferred-stimuli.npy');
      choose({ set: await storeImages(service, model, [file], 'crop'), index: place });
      setState({ busy: false });
      button.closest('main')?.scrollIntoView(); // where it is shown
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
        onClick={(event) => void look(event.currentTarget)}
      >
        Use the best as the stimulus
      </button>
      {state.error && <Failed error={state.error} />}
    </>
  );
}

function columnsOf({ neurons }: PreferredResult) {
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
