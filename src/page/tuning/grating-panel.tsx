import { useState } from 'preact/hooks';
import { fieldOf, preferredGrating } from '../../tuning/preferred.js';
import { Slider } from '../parts/fields.js';
import { Failed } from '../parts/notices.js';
import { short } from '../parts/numbers.js';
import type { Service } from '../service/service.js';
import { useModel, usePage } from '../state/context.js';
import type { ChosenModel } from '../state/models.js';
import { useNeurons } from '../state/neurons.js';
import { type Grating, useGrating } from './grating.js';
import { GratingPreview } from './grating-preview.js';
import type { Swept } from './swept.js';

/** What stays fixed of the grating, and its place and form as the first neuron prefers them. */
export function GratingPanel({ swept }: { readonly swept: Swept }) {
  const grating = useGrating(swept);
  return (
    <section class="panel grating" aria-label="The grating">
      <h2>The grating</h2>
      <GratingPreview fields={grating.fields} />
      <div class="sliders">
        {grating.controls.map(({ name, label, unit, min, max, step, value }) => (
          <Slider
            key={name}
            {...{ label, unit, min, max, step, value }}
            onValue={(next) => grating.set({ [name]: next })}
          />
        ))}
      </div>
      <AsPreferred grating={grating} />
      {grating.changed && (
        <button type="button" class="small" onClick={grating.reset}>
          As it was at first
        </button>
      )}
    </section>
  );
}

type Finding =
  | { readonly at: 'rest' }
  | { readonly at: 'work'; readonly text: string }
  | { readonly at: 'end'; readonly text: string }
  | { readonly at: 'wrong'; readonly error: Error };

/** Buttons that ask where and what the first neuron prefers. */
function AsPreferred({ grating }: { readonly grating: Grating }) {
  const { service } = usePage();
  const model = useModel();
  const { first } = useNeurons();
  const [finding, setFinding] = useState<Finding>({ at: 'rest' });
  const find = async (text: string, ask: () => Promise<string>) => {
    setFinding({ at: 'work', text });
    await ask().then(
      (end) => setFinding({ at: 'end', text: end }),
      (error: Error) => setFinding({ at: 'wrong', error }),
    );
  };
  const centre = async () => {
    const { x, y, text } = await centreOf(service, model, first);
    grating.set({ x, y });
    return text;
  };
  const prefer = async () => {
    const { x, y } = await centreOf(service, model, first);
    const { contrast, diameter } = grating.fields;
    const fixed = { x, y, ...defined({ contrast, diameter }) };
    const found = await preferenceOf(service, model, first, fixed);
    grating.set({ x, y, ...found });
    return `Neuron ${first} prefers ${short(found.orientation)}° and ${short(found.spatialFrequency)} cycles/pixel, around (${short(x)}, ${short(y)}).`;
  };
  const busy = finding.at === 'work';
  return (
    <>
      <div class="row">
        <button
          type="button"
          disabled={busy}
          onClick={() => void find(`Mapping the field of neuron ${first}…`, centre)}
        >
          Centre on neuron {first}
        </button>
        <button
          type="button"
          disabled={busy}
          title="Its centre, its preferred orientation and its preferred spatial frequency"
          onClick={() => void find(`Looking for what neuron ${first} prefers…`, prefer)}
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

/** The middle of a neuron's field, in pixels, and where that comes from in words. */
async function centreOf(service: Service, { param, card }: ChosenModel, neuron: number) {
  const route = service.client.v1.models[':model'].versions[':version']['receptive-field'];
  const { value } = await service.json(route.$post({ param, json: { neurons: [neuron] } }));
  const { height, width } = card.stimulus;
  const { field, fallbacks } = fieldOf(value.neurons[0]!, Math.min(height, width));
  const [x, y] = [rounded(field.x), rounded(field.y)];
  const text = fallbacks.includes('centre')
    ? `No centre could be fitted for neuron ${neuron}: (${x}, ${y}) is where it responds most.`
    : `Centred on (${x}, ${y}), the middle of the field of neuron ${neuron}.`;
  return { x, y, text };
}

async function preferenceOf(
  service: Service,
  { param }: ChosenModel,
  neuron: number,
  fixed: Readonly<Record<string, number>>,
) {
  const route = service.client.v1.models[':model'].versions[':version'].tuning.parametric;
  const json = {
    ...{ parameter: 'orientation', second: 'spatialFrequency' },
    ...{ stimulus: { grating: fixed }, neurons: [neuron] },
  };
  const { value } = await service.json(route.$post({ param, json }));
  const { orientation, spatialFrequency } = preferredGrating(value.neurons[0]!).preferred;
  return {
    orientation: rounded(orientation),
    spatialFrequency: Number(spatialFrequency.toPrecision(3)),
  };
}

function rounded(value: number): number {
  return Math.round(10 * value) / 10;
}

function defined(values: Readonly<Record<string, number | undefined>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const],
    ),
  );
}
