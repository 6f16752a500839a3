import { useId, useState } from 'preact/hooks';
import { Figure } from '../figures/figure.js';
import { Slider } from '../parts/fields.js';
import { Failed } from '../parts/notices.js';
import { useAsked } from '../state/asked.js';
import { useModel, usePage } from '../state/context.js';
import type { Measurements } from '../state/measurements.js';
import { batteryJob, readBattery } from './battery.js';
import { BatteryButton } from './battery-button.js';
import { CardInWords } from './card-in-words.js';
import { columnsOf, filtered, type NeuronRow, rowsOf, sorted } from './neuron-rows.js';
import { NeuronTable } from './neuron-table.js';
import { SiteMap } from './site-map.js';
import './neurons.css';

/** What a model knows of its neurons: its card, a table of all, and where they look. */
export function NeuronsView() {
  const { service, address, measuring } = usePage();
  const model = useModel();
  const measurements = measuring.of(model).value;
  const [round, setRound] = useState(0);
  const battery = useAsked(`battery ${model.card.digest} ${round}`, async (signal) => {
    const job = await batteryJob(service, model.card, signal);
    const known = job?.state === 'succeeded' ? await readBattery(service, job, signal) : undefined;
    return { job, known };
  });
  const known = battery.value?.known;
  const columns = columnsOf(model.card, known);
  const rows = rowsOf(model.card, measurements, known);
  const filter = {
    id: address.get('id'),
    leastCORR: Number(address.get('leastCORR')),
    leastGOSI: Number(address.get('leastGOSI')),
  };
  const descending = address.get('order') !== 'up';
  const by = address.get('sort') || 'CORR';
  const shown = sorted(filtered(rows, filter), by, descending);
  return (
    <div class="neurons-view">
      <div class="neurons-side">
        <CardInWords />
        <SiteMap rows={rows} requests={measurements.requests} />
      </div>
      <Figure
        title={`${shown.length} of ${rows.length} neurons`}
        name="neurons"
        drawn={false}
        columns={tableColumns(
          shown,
          columns.map(({ name }) => name),
        )}
        requests={measurements.requests}
        caption={
          known
            ? 'Of the whole battery of gratings, each neuron at its own centre.'
            : 'gOSI, preferred orientation and F1/F0 by gratings at the middle of the image; centres by small discs. The whole battery asks each neuron at its own centre, and knows more.'
        }
      >
        <Filters filter={filter} />
        <MeasuringProgress measurements={measurements} onAgain={() => measuring.again(model)} />
        <BatteryButton job={battery.value?.job} onChange={() => setRound((now) => now + 1)} />
        {shown.length === 0 ? (
          <p class="notice">
            No neuron is left: move the filters down, or empty the field for the id.
          </p>
        ) : (
          <NeuronTable
            rows={shown}
            columns={columns}
            sort={{ by, descending }}
            onSort={(next) =>
              address.set({ sort: next, order: next === by && descending ? 'up' : '' })
            }
          />
        )}
      </Figure>
    </div>
  );
}

function Filters({
  filter,
}: {
  readonly filter: { readonly id: string; readonly leastCORR: number; readonly leastGOSI: number };
}) {
  const { address } = usePage();
  const id = useId();
  const share = { min: 0, max: 1, step: 0.01 };
  return (
    <div class="filters">
      <div class="field">
        <label for={id}>id begins with</label>
        <input
          id={id}
          inputMode="numeric"
          size={6}
          value={filter.id}
          onInput={(event) => address.set({ id: event.currentTarget.value.trim() })}
        />
      </div>
      <Slider
        label="CORR at least"
        value={filter.leastCORR}
        {...share}
        onValue={(value) => address.set({ leastCORR: value === 0 ? '' : String(value) })}
      />
      <Slider
        label="gOSI at least"
        value={filter.leastGOSI}
        {...share}
        onValue={(value) => address.set({ leastGOSI: value === 0 ? '' : String(value) })}
      />
    </div>
  );
}

interface MeasuringProgressProps {
  readonly measurements: Measurements;
  readonly onAgain: () => void;
}

function MeasuringProgress({ measurements, onAgain }: MeasuringProgressProps) {
  const { done, total, error } = measurements;
  if (error) return <Failed error={error} again={onAgain} />;
  if (done === total) return null;
  return (
    <div class="measuring" role="status">
      <label>
        <span class="quiet">
          Measuring tuning and receptive fields, {done} of {total}
        </span>
        <progress value={done} max={total} />
      </label>
    </div>
  );
}

function tableColumns(rows: readonly NeuronRow[], names: readonly string[]) {
  const ofValues = names.map(
    (name) => [name, rows.map(({ values }) => values[name] ?? null)] as const,
  );
  return { neuron: rows.map(({ id }) => id), ...Object.fromEntries(ofValues) };
}
