import { useState } from 'preact/hooks';
import { Segments, Slider } from '../parts/fields.js';
import { Failed } from '../parts/notices.js';
import { atWords, short } from '../parts/numbers.js';
import { useModel, usePage } from '../state/context.js';
import { useNeurons } from '../state/neurons.js';
import type { Grating } from './grating.js';
import { GratingPreview } from './grating-preview.js';
import { type OwnGrating, ownGratings } from './own-gratings.js';

const WHOSE = [
  ['own', "Each neuron's own"],
  ['same', 'The same for all'],
] as const;

export interface GratingPanelProps {
  readonly grating: Grating;
  /** Each neuron's own grating, once it is known. */
  readonly own: readonly OwnGrating[];
}

/** The grating of which one parameter is swept: each neuron's own, or one for all of them. */
export function GratingPanel({ grating, own }: GratingPanelProps) {
  return (
    <section class="panel grating" aria-label="The grating">
      <h2>The grating</h2>
      <Segments
        label="Which grating a neuron sees"
        value={grating.own ? 'own' : 'same'}
        options={WHOSE}
        onValue={(whose) => grating.choose(whose === 'own')}
      />
      <GratingPreview
        fields={grating.fieldsOf(own[0])}
        neuron={grating.own ? own[0]?.neuron : undefined}
      />
      {grating.own && <OwnList own={own} />}
      <div class="sliders">
        {grating.controls.map(({ name, label, unit, min, max, step, value }) => (
          <Slider
            key={name}
            {...{ label, unit, min, max, step, value }}
            onValue={(next) => grating.set({ [name]: next })}
          />
        ))}
      </div>
      {!grating.own && <AsPreferred grating={grating} />}
      {grating.changed && (
        <button type="button" class="small" onClick={grating.reset}>
          Reset
        </button>
      )}
    </section>
  );
}

/** The grating that each neuron prefers, and which measurement found it. */
function OwnList({ own }: Pick<GratingPanelProps, 'own'>) {
  if (own.length === 0) return <p class="quiet">Asking which grating each neuron prefers…</p>;
  return (
    <ul class="own-gratings">
      {own.map(({ neuron, at, by, unsure }) => (
        <li key={neuron}>
          <b>Neuron {neuron}</b>: {atWords(at)}
          <span class="quiet">
            {' '}
            ({by}
            {unsure && ', in part by the largest response'})
          </span>
        </li>
      ))}
    </ul>
  );
}

type Finding =
  | { readonly at: 'rest' }
  | { readonly at: 'work'; readonly text: string }
  | { readonly at: 'end'; readonly text: string }
  | { readonly at: 'wrong'; readonly error: Error };

/** Buttons that put the grating where, or make it what, the first neuron prefers. */
function AsPreferred({ grating }: Pick<GratingPanelProps, 'grating'>) {
  const page = usePage();
  const model = useModel();
  const { first } = useNeurons();
  const [finding, setFinding] = useState<Finding>({ at: 'rest' });
  const find = async (use: (own: OwnGrating) => string) => {
    setFinding({ at: 'work', text: `Asking which grating neuron ${first} prefers…` });
    try {
      const [own] = await ownGratings(page, model, [first], new AbortController().signal);
      if (own) setFinding({ at: 'end', text: use(own) });
    } catch (error) {
      setFinding({ at: 'wrong', error: error as Error });
    }
  };
  const centre = ({ at: { x, y }, by }: OwnGrating) => {
    grating.set({ x, y });
    return `Centred on (${short(x)}, ${short(y)}), the middle of the receptive field of neuron ${first} by the ${by}.`;
  };
  const prefer = ({ at, by }: OwnGrating) => {
    grating.set(at);
    return `Neuron ${first} prefers ${atWords(at)}, by the ${by}.`;
  };
  const busy = finding.at === 'work';
  return (
    <>
      <div class="row">
        <button type="button" disabled={busy} onClick={() => void find(centre)}>
          Centre on neuron {first}
        </button>
        <button
          type="button"
          disabled={busy}
          title="Its centre, its preferred orientation and its preferred spatial frequency"
          onClick={() => void find(prefer)}
        >
          Use what neuron {first} prefers
        </button>
      </div>
      <p class="quiet found" role="status">
        {(finding.at === 'work' || finding.at === 'end') && finding.text}
      </p>
      {finding.at === 'wrong' && <Failed error={finding.error} />}
    </>
  );
}
