import { Segments } from '../parts/fields.js';
import { NeuronPicker } from '../parts/neuron-picker.js';
import { usePage } from '../state/context.js';
import { CompareWith } from './compare-with.js';
import { Parametric } from './parametric.js';
import { PositionMaps } from './position.js';
import { RankTuning } from './rank.js';
import { SWEPT, TUNINGS, type TuningName } from './swept.js';
import './tuning.css';

/** Shows the tuning of the chosen neurons and compares models. */
export function TuningView() {
  const { address } = usePage();
  const name = tuningIn(address.get('tuning'));
  return (
    <div class="tuning">
      <h2 class="hidden">Tuning</h2>
      <div class="tuning-top">
        <Segments
          label="Measurement"
          value={name}
          options={TUNINGS}
          onValue={(tuning) => address.set({ tuning }, true)}
        />
        <NeuronPicker />
        <CompareWith />
      </div>
      <Chosen name={name} />
    </div>
  );
}

function Chosen({ name }: { readonly name: TuningName }) {
  if (name === 'position') return <PositionMaps />;
  if (name === 'rank') return <RankTuning />;
  return <Parametric key={name} name={name} swept={SWEPT[name]} />;
}

function tuningIn(text: string): TuningName {
  return TUNINGS.find(([name]) => name === text)?.[0] ?? 'orientation';
}
