import { useState } from 'preact/hooks';
import { Segments, Slider } from '../parts/fields.js';
import { Failed } from '../parts/notices.js';
import { gratingLabel, short } from '../parts/numbers.js';
import { useModel, usePage } from '../state/context.js';
import { useNeurons } from '../state/neurons.js';
import type { Grating } from './grating.js';
import { GratingPreview } from './grating-preview.js';
import { type OwnGrating, ownGratings } from './own-gratings.js';

const GRATING_CHOICES = [
  ['own', "Each neuron's own"],
  ['same', 'The same for all'],
] as const;

export interface GratingPanelProps {
  readonly grating: Grating;
  /** Each neuron's own grating; empty until known. */
  readonly own: readonly OwnGrating[];
}

/** Chooses the grating of a sweep: each neuron's own, or one for all. */
export function GratingPanel({ grating, own }: GratingPanelProps) {
  return (
    <section class="panel grating" aria-label="The grating">
      <h2>The grating</h2>
      <Segments
        label="Which grating a neuron sees"
        value={grating.own ? 'own' : 'same'}
        options={GRATING_CHOICES}
        onValue={(whose) => grating.choose(whose === 'own')}
      />
      <GratingPreview
        fields={grating.fieldsFor(own[0])}
        neuron={grating.own ? own[0]?.neuron : undefined}
      />
      {grating.own && <OwnList own={own} />}
      <div class="sliders">
        {grating.controls.map(({ name, label, unit, min, max, step, value }) => (
          <Slider
            key={name}
            label={label}
            unit={unit}
            min={min}
            max={max}
            step={step}
            value={value}
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

/** Lists each neuron's preferred grating and the measurement that found it. */
function OwnList({ own }: Pick<GratingPanelProps, 'own'>) {
  if (own.length === 0) return <p class="quiet">Loading the preferred grating of each neuron…</p>;
  return (
    <ul class="own-gratings">
      {own.map(({ neuron, at, source, unsure }) => (
        <li key={neuron}>
          <b>Neuron {neuron}</b>: {gratingLabel(at)}
          <span class="quiet">
            {' '}
            ({source}
            {unsure && ', in part from the largest response'})
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

/** Buttons that move the grating to the first neuron's centre, or use its preferred grating. */
function AsPreferred({ grating }: Pick<GratingPanelProps, 'grating'>) {
  const page = usePage();
  const model = useModel();
  const { first } = useNeurons();
  const [finding, setFinding] = useState<Finding>({ at: 'rest' });
  const find = async (use: (own: OwnGrating) => string) => {
    setFinding({ at: 'work', text: `Loading the preferred grating of neuron ${first}…` });
    try {
      const [own] = await ownGratings(page, model, [first], new AbortController().signal);
      if (own) setFinding({ at: 'end', text: use(own) });
    } catch (error) {
      setFinding({ at: 'wrong', error: error as Error });
    }
  };
  const centre = ({ at: { x, y }, source }: OwnGrating) => {
    grating.set({ x, y });
    return `Centred on (${short(x)}, ${short(y)}), the receptive field centre of neuron ${first} from the ${source}.`;
  };
  const prefer = ({ at, source }: OwnGrating) => {
    grating.set(at);
    return `Neuron ${first} prefers ${gratingLabel(at)}, from the ${source}.`;
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
