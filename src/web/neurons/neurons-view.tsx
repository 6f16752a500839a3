import { useEffect, useId, useState } from 'preact/hooks';
import { Figure } from '../figures/figure.js';
import { Slider } from '../parts/fields.js';
import { Failed } from '../parts/notices.js';
import { WorkProgress } from '../parts/work-progress.js';
import { useAsked } from '../state/asked.js';
import type { Battery } from '../state/battery.js';
import { useModel, usePage } from '../state/context.js';
import type { Measurements } from '../state/measurements.js';
import { BatteryButton } from './battery-button.js';
import { CardInWords } from './card-in-words.js';
import { columnsOf, filtered, type NeuronRow, rowsOf, sorted } from './neuron-rows.js';
import { NeuronTable } from './neuron-table.js';
import { SiteMap } from './site-map.js';
import './neurons.css';

/** What a model knows of its neurons: its card, a table of all, and where they look. */
export function NeuronsView() {
  const { address, measuring, readBattery } = usePage();
  const model = useModel();
  const { card } = model;
  const measurements = measuring.of(model).value;
  const [round, setRound] = useState(0);
  const asked = useAsked(`battery ${card.digest} ${round}`, (signal) => readBattery(card, signal));
  const battery = asked.value?.found ?? NOTHING_FOUND;
  // the full battery knows better: only the other neurons are measured quickly
  const others = card.neurons.map(({ id }) => id).filter((id) => !battery.has(id));
  const measure = () => void measuring.measure(model, others);
  const ready = !asked.waiting || asked.value !== undefined;
  useEffect(() => {
    if (ready) measure();
  }, [ready, card.digest, others.length]);
  const columns = columnsOf(card, battery);
  const rows = rowsOf(card, measurements.rows, battery);
  const requests = [...(asked.value?.requests ?? []), ...measurements.requests];
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
        <SiteMap rows={rows} requests={requests} />
      </div>
      <Figure
        title={`${shown.length} of ${rows.length} neurons`}
        name="neurons"
        drawn={false}
        columns={tableColumns(
          shown,
          columns.map(({ name }) => name),
        )}
        requests={requests}
        caption={captionOf(rows)}
      >
        <Filters filter={filter} />
        <MeasuringProgress measurements={measurements} onAgain={measure} />
        <BatteryButton job={asked.value?.job} onChange={() => setRound((now) => now + 1)} />
        {shown.length === 0 ? (
          <p class="notice">No neuron matches: lower the filters, or clear the field for the id.</p>
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

const NOTHING_FOUND: Battery = new Map();

/** Which measurement the numbers are of. */
function captionOf(rows: readonly NeuronRow[]): string {
  const by = new Set(rows.map((row) => row.by));
  const full =
    'Full battery: gratings at the centre of each neuron, at the preferred orientation and spatial frequency.';
  const quick =
    'Quick measurement: the same gratings at the middle of the image for all neurons, and small discs for the receptive fields; the service keeps it.';
  if (!by.has('full')) return `${quick} The full battery measures each neuron at its own centre.`;
  return by.has('quick') ? `${full} ${quick}` : full;
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
  const { done, total, secondsLeft, error } = measurements;
  if (error) return <Failed error={error} again={onAgain} />;
  if (done === total) return null;
  return (
    <div class="measuring" role="status">
      <WorkProgress doing="Quick measurement" unit="neurons" {...{ done, total, secondsLeft }} />
    </div>
  );
}

function tableColumns(rows: readonly NeuronRow[], names: readonly string[]) {
  const ofValues = names.map(
    (name) => [name, rows.map(({ values }) => values[name] ?? null)] as const,
  );
  return {
    neuron: rows.map(({ id }) => id),
    ...Object.fromEntries(ofValues),
    measuredBy: rows.map(({ by = '' }) => by),
  };
}
