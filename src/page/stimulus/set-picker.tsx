import type { InferResponseType } from 'hono/client';
import { Select, Slider } from '../parts/fields.js';
import { AskedView } from '../parts/notices.js';
import type { Service } from '../service/service.js';
import { useAsked } from '../state/asked.js';
import { useModel, usePage } from '../state/context.js';
import type { StimulusChoice } from './chosen-stimulus.js';

type SetList = InferResponseType<Service['client']['v1']['stimulus-sets']['$get']>;

/** One of the stimuli of a stored set. */
export function SetPicker({ choice }: { readonly choice: StimulusChoice }) {
  const { service } = usePage();
  const { chosen } = choice;
  const digest = 'set' in chosen ? chosen.set : '';
  const sets = useAsked(`sets ${digest}`, async (signal) => {
    const route = service.client.v1['stimulus-sets'];
    return (await service.json(route.$get({}, { init: { signal } }))).value;
  });
  return (
    <AskedView asked={sets} waiting="Asking which sets are stored…">
      {(list) => <Picker list={list} choice={choice} />}
    </AskedView>
  );
}

function Picker({ list, choice }: { readonly list: SetList; readonly choice: StimulusChoice }) {
  const { height, width } = useModel().card.stimulus;
  const { chosen, choose } = choice;
  const fitting = list.stimulusSets.filter((set) => set.height === height && set.width === width);
  if (fitting.length === 0) {
    return (
      <p class="quiet">
        No set of {height} x {width} pixels is stored yet: drop images or a .npy below.
      </p>
    );
  }
  const current = 'set' in chosen ? fitting.find(({ digest }) => digest === chosen.set) : undefined;
  const options = fitting.map(({ digest, count, storedAt }) => {
    const when = new Date(storedAt).toLocaleString();
    return [digest, `${count} ${count === 1 ? 'stimulus' : 'stimuli'}, ${when}`] as const;
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
          {...{ min: 0, max: current.count - 1, step: 1, value: chosen.index }}
          onValue={(index) => choose({ set: chosen.set, index: Math.round(index) })}
        />
      )}
    </div>
  );
}
