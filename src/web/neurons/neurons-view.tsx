import { useEffect, useId, useState } from 'preact/hooks';
import { Figure } from '../figures/figure.js';
import { Slider } from '../parts/fields.js';
import { Failed } from '../parts/notices.js';
import { WorkProgress } from '../parts/work-progress.js';
import type { CharacterizedNeurons } from '../state/characterization.js';
import { useModel, usePage } from '../state/context.js';
import { useFetched } from '../state/fetched.js';
import type { Measurements } from '../state/measurements.js';
import { CardSummary } from './card-summary.js';
import { CharacterizeButton } from './characterize-button.js';
import { availableColumns, buildRows, filtered, type NeuronRow, sorted } from './neuron-rows.js';
import { NeuronTable } from './neuron-table.js';
import { SiteMap } from './site-map.js';
import './neurons.css';

/** Shows the model card, a table of all neurons, and a map of their receptive fields. */
export function NeuronsView() {
  const { address, measuring, readCharacterization } = usePage();
  const model = useModel();
  const { card } = model;
  const measurements = measuring.of(model).value;
  const [round, setRound] = useState(0);
  const fetched = useFetched(`characterized ${card.digest} ${round}`, (signal) =>
    readCharacterization(card, signal),
  );
  const characterized = fetched.value?.found ?? NOTHING_FOUND;
  // Neurons with a full characterization need no quick measurement.
  const others = card.neurons.map(({ id }) => id).filter((id) => !characterized.has(id));
  const measure = () => void measuring.measure(model, others);
  const ready = !fetched.waiting || fetched.value !== undefined;
  useEffect(() => {
    if (ready) measure();
  }, [ready, card.digest, others.length]);
  const columns = availableColumns(card, characterized);
  const rows = buildRows(card, measurements.rows, characterized);
  const requests = [...(fetched.value?.requests ?? []), ...measurements.requests];
  const filter = {
    id: address.get('id'),
    minCORR: Number(address.get('leastCORR')),
    minGOSI: Number(address.get('leastGOSI')),
  };
  const descending = address.get('order') !== 'up';
  const by = address.get('sort') || 'CORR';
  const visibleRows = sorted(filtered(rows, filter), by, descending);
  return (
    <div class="neurons-view">
      <div class="neurons-side">
        <CardSummary />
        <SiteMap rows={rows} requests={requests} />
      </div>
      <Figure
        title={`${visibleRows.length} of ${rows.length} neurons`}
        name="neurons"
        drawn={false}
        columns={tableColumns(
          visibleRows,
          columns.map(({ name }) => name),
        )}
        requests={requests}
        caption={measurementCaption(rows)}
      >
        <Filters filter={filter} />
        <MeasuringProgress measurements={measurements} onRetry={measure} />
        <CharacterizeButton job={fetched.value?.job} onChange={() => setRound((now) => now + 1)} />
        {visibleRows.length === 0 ? (
          <p class="notice">No neuron matches. Lower the filters, or clear the id field.</p>
        ) : (
          <NeuronTable
            rows={visibleRows}
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

const NOTHING_FOUND: CharacterizedNeurons = new Map();

/** Describes the measurements behind the numbers. */
function measurementCaption(rows: readonly NeuronRow[]): string {
  const by = new Set(rows.map((row) => row.by));
  const full =
    'Full characterization: gratings at the centre of each neuron, at its preferred orientation and spatial frequency.';
  const quick =
    'Quick measurement: the same gratings at the image centre for all neurons, and small discs for the receptive fields. The service stores the results.';
  if (!by.has('full'))
    return `${quick} The full characterization measures each neuron at its own centre.`;
  return by.has('quick') ? `${full} ${quick}` : full;
}

function Filters({
  filter,
}: {
  readonly filter: { readonly id: string; readonly minCORR: number; readonly minGOSI: number };
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
        value={filter.minCORR}
        {...share}
        onValue={(value) => address.set({ leastCORR: value === 0 ? '' : String(value) })}
      />
      <Slider
        label="gOSI at least"
        value={filter.minGOSI}
        {...share}
        onValue={(value) => address.set({ leastGOSI: value === 0 ? '' : String(value) })}
      />
    </div>
  );
}

interface MeasuringProgressProps {
  readonly measurements: Measurements;
  readonly onRetry: () => void;
}

function MeasuringProgress({ measurements, onRetry }: MeasuringProgressProps) {
  const { done, total, secondsLeft, error } = measurements;
  if (error) return <Failed error={error} retry={onRetry} />;
  if (done === total) return null;
  return (
    <div class="measuring" role="status">
      <WorkProgress
        doing="Quick measurement"
        unit="neurons"
        done={done}
        total={total}
        secondsLeft={secondsLeft}
      />
    </div>
  );
}

function tableColumns(rows: readonly NeuronRow[], names: readonly string[]) {
  const valueColumns = names.flatMap((name) => {
    const column = [name, rows.map(({ values }) => values[name] ?? null)] as const;
    if (rows.every(({ intervals }) => intervals[name] === undefined)) return [column];
    const ends = ['lowest', 'highest'].map(
      (end, i) =>
        [`${name}, ${end}`, rows.map(({ intervals }) => intervals[name]?.[i] ?? null)] as const,
    );
    return [column, ...ends];
  });
  return {
    neuron: rows.map(({ id }) => id),
    ...Object.fromEntries(valueColumns),
    measuredBy: rows.map(({ by = '' }) => by),
  };
}
