import { Sparkline } from '../figures/sparkline.js';
import { usePage } from '../state/context.js';
import { MAX_OVERLAID } from '../state/named-neurons.js';
import { useNeurons } from '../state/neurons.js';
import type { Column, NeuronRow } from './neuron-rows.js';

export interface NeuronTableProps {
  readonly rows: readonly NeuronRow[];
  readonly columns: readonly Column[];
  readonly sort: { readonly by: string; readonly descending: boolean };
  readonly onSort: (by: string) => void;
}

const MEASUREMENTS = { quick: 'quick measurement', full: 'full characterization' } as const;

const ARROWS = { none: '', ascending: '\u00a0▲', descending: '\u00a0▼' } as const;
const ID: Column = { name: 'id', text: 'id', about: 'of the neuron', digits: 0 };

/** Shows a row for each neuron, with its orientation tuning as a small curve. */
export function NeuronTable({ rows, columns, sort, onSort }: NeuronTableProps) {
  return (
    <section class="scrolls table-place" aria-label="Neurons">
      <table>
        <thead>
          <tr>
            <th scope="col">
              <span class="hidden">Chosen</span>
            </th>
            <SortHead column={ID} sort={sort} onSort={onSort} />
            <th scope="col">measured by</th>
            {columns.map((column) => (
              <SortHead key={column.name} column={column} sort={sort} onSort={onSort} />
            ))}
            <th scope="col">orientation tuning</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={row.id} row={row} columns={columns} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface SortHeadProps extends Pick<NeuronTableProps, 'sort' | 'onSort'> {
  readonly column: Column;
}

/** A column header that sorts the table. */
function SortHead({ column: { name, text, about }, sort, onSort }: SortHeadProps) {
  const order = sort.by !== name ? 'none' : sort.descending ? 'descending' : 'ascending';
  return (
    <th scope="col" class="number" aria-sort={order}>
      <button type="button" class="plain head" title={about} onClick={() => onSort(name)}>
        {text}
        <span aria-hidden="true">{ARROWS[order]}</span>
      </button>
    </th>
  );
}

function Row({ row, columns }: { readonly row: NeuronRow; readonly columns: readonly Column[] }) {
  const { address } = usePage();
  const { ids, toggle } = useNeurons();
  const { id, values, notes, intervals, curve, blank, by } = row;
  const chosen = ids.includes(id);
  return (
    <tr class={chosen ? 'chosen' : undefined}>
      <td>
        <input
          type="checkbox"
          aria-label={`Choose neuron ${id}`}
          checked={chosen}
          disabled={!chosen && ids.length >= MAX_OVERLAID}
          onChange={() => toggle(id)}
        />
      </td>
      <th scope="row" class="number">
        <button
          type="button"
          class="plain link"
          title={`Show the tuning of neuron ${id}`}
          onClick={() => address.set({ neurons: String(id), view: 'tuning' }, true)}
        >
          {id}
        </button>
      </th>
      <td class="quiet measured-by">{by && MEASUREMENTS[by]}</td>
      {columns.map(({ name, digits }) => {
        const value = values[name];
        return (
          <td key={name} class="number" title={notes[name]}>
            {typeof value === 'number' ? value.toFixed(digits) : <Missing reason={notes[name]} />}
            {intervals[name] && (
              <span class="interval" title="the lowest and highest value of the members">
                {intervals[name].map((end) => end.toFixed(digits)).join(' to ')}
              </span>
            )}
          </td>
        );
      })}
      <td>
        {curve && (
          <Sparkline
            width={80}
            label={`Orientation tuning of neuron ${id}`}
            values={[...curve, curve[0]!]}
            range={[Math.min(0, ...curve), Math.max(blank ?? 0, ...curve)]}
          />
        )}
      </td>
    </tr>
  );
}

function Missing({ reason }: { readonly reason: string | undefined }) {
  if (reason === undefined) return <span class="quiet">–</span>;
  return <abbr title={reason}>undefined</abbr>;
}
