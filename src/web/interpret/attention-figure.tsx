import { useState } from 'preact/hooks';
import { seriesColour } from '../figures/colours.js';
import { Figure } from '../figures/figure.js';
import { short } from '../parts/numbers.js';
import type { AttentionAnswer } from './answers.js';
import {
  ATTENTION_COLOUR,
  AttentionMap,
  type Cell,
  type CellMap,
  centreCell,
  largestAttention,
  listCells,
  MAX_OPACITY,
  MIN_TOP_TIMES_EVEN,
  scaleTop,
} from './attention-map.js';
import type { Interpretation } from './interpretation.js';
import { Legend } from './legend.js';
import { Tile } from './tile.js';

/** Shows the attention of the centre hypercolumn over the stimulus. */
export function AttentionFigure({
  interpretation,
  attention: answer,
}: {
  readonly interpretation: Interpretation;
  readonly attention: AttentionAnswer;
}) {
  const [at, setAt] = useState<Cell | undefined>(undefined);
  const { map, neurons } = answer;
  // The page shows the first frame of a sequence.
  const maps = answer.attention[0]!;
  const [first, ...others] = neurons.entries();
  const [, neuron] = first!;
  const cell = at ?? centreCell(map);
  const description = describeCell(cell, map);
  const values = Float32Array.from(maps.flat(2));
  return (
    <Figure
      title="Where the centre attends"
      name="attention"
      requests={[interpretation.request, interpretation.rendered.request]}
      columns={attentionColumns(answer)}
      array={{ data: values, shape: [neurons.length, map.height, map.width] }}
      caption={
        <>
          The centre hypercolumn's row of the attention matrix, over a map of {map.height} by{' '}
          {map.width} hypercolumns. It adds up to 1; even attention would be{' '}
          {short(1 / (map.height * map.width))} everywhere. Each square marks the middle of the{' '}
          {map.fieldPixels} by {map.fieldPixels} pixels that its hypercolumn sees; neighbouring
          fields are {map.stridePixels} pixels apart. A solid frame marks the centre, a dashed frame
          the field of the selected hypercolumn. Rows and columns count from 0.
          {neurons.length > 1
            ? ' The colour scale ends at the largest value of each neuron, '
            : ' The colour scale ends at the largest value, '}
          but not below {MIN_TOP_TIMES_EVEN} times even attention.
        </>
      }
    >
      <div class="large-map">
        <div class="map-side">
          <AttentionMap
            neuron={neuron}
            map={map}
            rendered={interpretation.rendered}
            attention={maps[0]!}
            at={cell}
            onAt={setAt}
          />
          <Legend
            title={`Attention of neuron ${neuron}`}
            colours={[faded(0), faded(MAX_OPACITY)]}
            ticks={['0', short(scaleTop(maps[0]!))]}
            over={[40, 128, 215]}
          />
        </div>
        <div class="map-side">
          <p class="cell-description">
            <strong>{at ? 'Here' : 'At the centre'}</strong>:{' '}
            {short(maps[0]![cell.row]![cell.column]!)} <span class="quiet">{description}</span>
          </p>
          <Measures answer={answer} />
        </div>
      </div>
      {others.length > 0 && (
        <div class="tiles">
          {others.map(([i, id]) => (
            <Tile
              key={id}
              title={`neuron ${id}`}
              note={`largest ${short(largestAttention(maps[i]!))}`}
            >
              <AttentionMap
                neuron={id}
                rendered={interpretation.rendered}
                map={map}
                attention={maps[i]!}
              />
            </Tile>
          ))}
        </div>
      )}
    </Figure>
  );
}

/** Shows entropy and mean distance of each neuron's attention. */
function Measures({ answer }: { readonly answer: AttentionAnswer }) {
  const { entropy, meanDistance, neurons } = answer;
  return (
    <div class="scrolls">
      <table aria-label="How widely and how far the centre attends">
        <thead>
          <tr>
            <th scope="col">Neuron</th>
            <th scope="col" class="number" title={entropy.formula}>
              Entropy <span class="quiet">({entropy.unit})</span>
            </th>
            <th scope="col" class="number" title={meanDistance.formula}>
              Mean distance <span class="quiet">({meanDistance.unit})</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {neurons.map((id, i) => (
            <tr key={id}>
              <th scope="row">
                <span
                  class="dot in-line"
                  style={{ background: seriesColour(i) }}
                  aria-hidden="true"
                />{' '}
                {id}
              </th>
              <td class="number">{short(entropy.values[0]![i]!)}</td>
              <td class="number">{short(meanDistance.values[0]![i]!)}</td>
            </tr>
          ))}
          <tr class="quiet">
            <th scope="row">even attention</th>
            <td class="number">{short(entropy.ifEven)}</td>
            <td class="number">{short(meanDistance.ifEven)}</td>
          </tr>
        </tbody>
      </table>
    </div>
  );
}

function describeCell({ row, column }: Cell, { fieldPixels, stridePixels }: CellMap): string {
  const span = (place: number) =>
    `${place * stridePixels} to ${place * stridePixels + fieldPixels - 1}`;
  return `(row ${row}, column ${column}; it sees the pixels ${span(row)} down and ${span(column)} to the right)`;
}

function attentionColumns({ attention, neurons, map }: AttentionAnswer) {
  const cells = neurons.flatMap((neuron, i) =>
    listCells(map).map(({ row, column }) => {
      return { neuron, row, column, value: attention[0]![i]![row]![column]! };
    }),
  );
  return {
    neuron: cells.map(({ neuron }) => neuron),
    row: cells.map(({ row }) => row),
    column: cells.map(({ column }) => column),
    attention: cells.map(({ value }) => value),
  };
}

function faded(opacity: number): string {
  return ATTENTION_COLOUR.replace(')', ` / ${opacity})`);
}
