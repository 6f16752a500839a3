import { useState } from 'preact/hooks';
import { Select, Slider } from '../parts/fields.js';
import { useModel } from '../state/context.js';
import { findDrawnKind, modelCanvas, type StimulusChoice } from './chosen-stimulus.js';
import { DRAWN_KINDS, type DrawnKind, firstEntry, sliderControls } from './kinds.js';
import { OtherStimulus } from './other-stimulus.js';
import { OwnImage } from './own-image.js';
import { SetPicker } from './set-picker.js';

type Source = DrawnKind | 'other' | 'set';

const SOURCES: readonly (readonly [Source, string])[] = [
  ...DRAWN_KINDS,
  ['other', 'Other, as JSON'],
  ['set', 'From a stored set'],
];

/** Chooses the stimulus: with sliders, from a stored set, or from an image file. */
export function StimulusPanel({ choice }: { readonly choice: StimulusChoice }) {
  const model = useModel();
  const { chosen, choose } = choice;
  const canvas = modelCanvas(model);
  const kind = 'entry' in chosen ? findDrawnKind(chosen.entry) : undefined;
  const [picking, setPicking] = useState<'other' | 'set' | null>(null);
  const source: Source = picking ?? kind ?? ('entry' in chosen ? 'other' : 'set');
  return (
    <section class="panel stimulus-panel" aria-label="Choose a stimulus">
      <h2>Stimulus</h2>
      <Select
        label="Kind"
        value={source}
        options={SOURCES}
        onValue={(next) => {
          setPicking(next === 'other' || next === 'set' ? next : null);
          if (next !== 'other' && next !== 'set') choose({ entry: firstEntry(next, canvas) });
        }}
      />
      {source === 'set' && <SetPicker choice={choice} />}
      {source === 'other' && <OtherStimulus choice={choice} />}
      {source !== 'set' && source !== 'other' && <Sliders choice={choice} kind={source} />}
      <OwnImage choice={choice} onChosen={() => setPicking('set')} />
    </section>
  );
}

function Sliders({ choice, kind }: { readonly choice: StimulusChoice; readonly kind: DrawnKind }) {
  const model = useModel();
  const { chosen, choose } = choice;
  const given = 'entry' in chosen ? (chosen.entry[kind] as Readonly<Record<string, unknown>>) : {};
  return (
    <div class="sliders">
      {Object.entries(sliderControls(kind, modelCanvas(model))).map(
        ([name, { start, ...control }]) => (
          <Slider
            key={`${kind} ${name}`}
            {...control}
            value={typeof given[name] === 'number' ? given[name] : start}
            onValue={(value) =>
              choose({
                entry: {
                  ...('entry' in chosen ? chosen.entry : {}),
                  [kind]: { ...given, [name]: value },
                },
              })
            }
          />
        ),
      )}
    </div>
  );
}
