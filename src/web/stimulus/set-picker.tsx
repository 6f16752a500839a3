import { Select, Slider } from '../parts/fields.js';
import { FetchedView } from '../parts/notices.js';
import { useModel } from '../state/context.js';
import { fitsModel, type StoredSet, setLabel, useStoredSets } from '../state/stored-sets.js';
import type { StimulusChoice } from './chosen-stimulus.js';

/** Chooses a stimulus of a stored set. */
export function SetPicker({ choice }: { readonly choice: StimulusChoice }) {
  const { chosen } = choice;
  const sets = useStoredSets('set' in chosen ? chosen.set : '');
  return (
    <FetchedView fetched={sets} waiting="Loading the stored sets…">
      {(list) => <Picker list={list} choice={choice} />}
    </FetchedView>
  );
}

interface PickerProps {
  readonly list: readonly StoredSet[];
  readonly choice: StimulusChoice;
}

function Picker({ list, choice }: PickerProps) {
  const { card } = useModel();
  const { height, width } = card.stimulus;
  const { chosen, choose } = choice;
  const fitting = list.filter((set) => fitsModel(set, card));
  if (fitting.length === 0) {
    return (
      <p class="quiet">
        No set of {height} x {width} pixels is stored yet. Drop images or a .npy file below.
      </p>
    );
  }
  const current = 'set' in chosen ? fitting.find(({ digest }) => digest === chosen.set) : undefined;
  const name = 'set' in chosen ? chosen.name : undefined;
  const options = fitting.map((set) => {
    const label = setLabel(set);
    return [set.digest, set === current && name ? `${name}: ${label}` : label] as const;
  });
  return (
    <div class="sliders">
      <Select
        label="Set"
        value={current?.digest ?? ''}
        options={current ? options : [['', 'choose one'], ...options]}
        onValue={(set) => {
          if (set !== '') choose({ set, index: 0 });
        }}
      />
      {current && current.count > 1 && 'set' in chosen && (
        <Slider
          label="Stimulus"
          unit={`of ${current.count}, from 0`}
          min={0}
          max={current.count - 1}
          step={1}
          value={chosen.index}
          onValue={(index) => choose({ ...chosen, index: Math.round(index) })}
        />
      )}
    </div>
  );
}
