import { useState } from 'preact/hooks';
import { NumberField, Select, Slider } from '../parts/fields.js';
import { Failed } from '../parts/notices.js';
import { useModel, usePage } from '../state/context.js';
import { useNeurons } from '../state/neurons.js';
import { fitsModel, setLabel, useStoredSets } from '../state/stored-sets.js';
import { hasGradient } from './imported.js';
import {
  FIRST_OPTIONS,
  OPTION_RANGES,
  readOptions,
  type SearchOptions,
  searchBody,
  writeOptions,
} from './search-options.js';

/** Options under "More", which is open if one of them is not the default. */
const hidden = ['seed', 'norm', 'stimulusSet'] as const;

/** Starts a search and reports its job. */
export function SearchForm({ onStarted }: { readonly onStarted: (job: string) => void }) {
  const { service, address } = usePage();
  const { param, card } = useModel();
  const { ids } = useNeurons();
  const options = readOptions(address.get('search'));
  const [state, setState] = useState<{ readonly busy: boolean; readonly error?: Error }>({
    busy: false,
  });
  const change = (changes: Partial<SearchOptions>) =>
    address.set({ search: writeOptions({ ...options, ...changes }) });
  const find = async (event: Event) => {
    event.preventDefault();
    setState({ busy: true });
    try {
      const route = service.client.v1.models[':model'].versions[':version']['preferred-stimulus'];
      const pending = route.$post({ param, json: searchBody(options, ids) });
      onStarted((await service.json(pending)).value.id);
      setState({ busy: false });
    } catch (error) {
      setState({ busy: false, error: error as Error });
    }
  };
  const named = ids.length === 1 ? `neuron ${ids[0]}` : `the neurons ${ids.join(', ')}`;
  const images = ids.length * options.restarts;
  return (
    <form class="search-form" onSubmit={(event) => void find(event)}>
      <p>
        Finds images that raise the response of <strong>{named}</strong>. The search{' '}
        {hasGradient(card)
          ? 'starts from faint noise and follows the gradient of the response.'
          : 'uses responses alone (CMA-ES), as the network has no gradient: choose some hundred steps.'}
      </p>
      <Slider
        label="Starting images"
        unit="for each neuron"
        {...OPTION_RANGES.restarts}
        value={options.restarts}
        onValue={(restarts) => change({ restarts: Math.round(restarts) })}
      />
      <Slider
        label="Steps"
        {...OPTION_RANGES.steps}
        value={options.steps}
        onValue={(steps) => change({ steps: Math.round(steps) })}
      />
      <Slider
        label="Blur of each step"
        unit="sigma in pixels; 0: none"
        {...OPTION_RANGES.blur}
        value={options.blur}
        onValue={(blur) => change({ blur })}
      />
      <details
        class="more-options"
        open={hidden.some((name) => options[name] !== FIRST_OPTIONS[name])}
      >
        <summary>More</summary>
        <NumberField
          label="Seed of the noise"
          step={1}
          value={options.seed}
          onValue={(seed) => change({ seed: Math.round(seed ?? FIRST_OPTIONS.seed) })}
        />
        <NumberField
          label="Norm: largest difference of an image from the background"
          step="any"
          placeholder="as the training images"
          value={options.norm}
          onValue={(norm) => change({ norm })}
        />
        <SetChoice value={options.stimulusSet} onValue={(stimulusSet) => change({ stimulusSet })} />
      </details>
      <div class="row">
        <button type="submit" class="primary" disabled={state.busy}>
          Find it
        </button>
        <span class="quiet">
          {images} {images === 1 ? 'image' : 'images'}, {options.steps} steps each
        </span>
      </div>
      {state.error && <Failed error={state.error} />}
    </form>
  );
}

/** Chooses the stored set whose best stimulus is compared with the result. */
function SetChoice({
  value,
  onValue,
}: {
  readonly value: string;
  readonly onValue: (digest: string) => void;
}) {
  const { card } = useModel();
  const sets = useStoredSets(value);
  const fitting = (sets.value ?? []).filter((set) => fitsModel(set, card));
  const options = fitting.map((set) => [set.digest, setLabel(set)] as const);
  const none = sets.waiting ? 'loading…' : 'none';
  return (
    <Select
      label="Compare with the best stimulus of a stored set"
      value={fitting.some(({ digest }) => digest === value) ? value : ''}
      options={[['', fitting.length > 0 || sets.waiting ? none : 'none is stored'], ...options]}
      onValue={onValue}
    />
  );
}
