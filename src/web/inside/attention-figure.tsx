import { useState } from 'preact/hooks';
import { seriesColour } from '../figures/colours.js';
import { Figure } from '../figures/figure.js';
import { short } from '../parts/numbers.js';
import type { AttentionAnswer } from './answers.js';
import type { InsideLook } from './ask.js';
import {
  ATTENTION_COLOUR,
  AttentionMap,
  type Cell,
  type CellMap,
  cellsOf,
  centreOf,
  largestOf,
  MOST_OPACITY,
  scaleTop,
  TIMES_EVEN,
} from './attention-map.js';
import { Legend } from './legend.js';
import { Tile } from './tile.js';

/** Where the centre hypercolumn attends, over the stimulus. */
export function AttentionFigure({
  look,
  attention: answer,
}: {
  readonly look: InsideLook;
  readonly attention: AttentionAnswer;
}) {
  const [at, setAt] = useState<Cell | undefined>(undefined);
  const { map, neurons } = answer;
  // of a sequence, the first frame
  const maps = answer.attention[0]!;
  const [first, ...others] = neurons.entries();
  const [, neuron] = first!;
  const cell = at ?? centreOf(map);
  const said = sayCell(cell, map);
  const values = Float32Array.from(maps.flat(2));
  return (
    <Figure
      title="Where the centre attends"
      name="attention"
      requests={[look.request, look.shown.request]}
      columns={columnsOf(answer)}
      array={{ data: values, shape: [neurons.length, map.height, map.width] }}
      caption={
        <>
          The centre hypercolumn's row of the attention matrix, which adds up to 1, over a map of{' '}
          {map.height} by {map.width} hypercolumns; even attention would be{' '}
          {short(1 / (map.height * map.width))} everywhere. Each square marks the middle of the{' '}
          {map.fieldPixels} by {map.fieldPixels} pixels that its hypercolumn sees; from one to the
          next these are {map.stridePixels} pixels apart. The centre is framed, the pixels that it
          sees are dashed; rows and columns count from 0.
          {neurons.length > 1
            ? ' The colour scale ends at the largest value of each neuron, '
            : ' The colour scale ends at the largest value, '}
          but not below {TIMES_EVEN} times even attention.
        </>
      }
    >
      <div class="large-map">
        <div class="map-side">
          <AttentionMap
            {...{ neuron, map, shown: look.shown, attention: maps[0]!, at: cell, onAt: setAt }}
          />
          <Legend
            title={`Attention of neuron ${neuron}`}
            colours={[faded(0), faded(MOST_OPACITY)]}
            ticks={['0', short(scaleTop(maps[0]!))]}
            over={[40, 128, 215]}
          />
        </div>
        <div class="map-side">
          <p class="cell-said">
            <strong>{at ? 'Here' : 'At the centre'}</strong>:{' '}
            {short(maps[0]![cell.row]![cell.column]!)} <span class="quiet">{said}</span>
          </p>
          <Measures answer={answer} />
        </div>
      </div>
      {others.length > 0 && (
        <div class="tiles">
          {others.map(([i, id]) => (
            <Tile key={id} title={`neuron ${id}`} note={`largest ${short(largestOf(maps[i]!))}`}>
              <AttentionMap neuron={id} shown={look.shown} map={map} attention={maps[i]!} />
            </Tile>
          ))}
        </div>
      )}
    </Figure>
  );
}

/** How widely and how far each neuron's centre attends. */
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

function sayCell({ row, column }: Cell, { fieldPixels, stridePixels }: CellMap): string {
  const span = (place: number) =>
    `${place * stridePixels} to ${place * stridePixels + fieldPixels - 1}`;
  return `(row ${row}, column ${column}; it sees the pixels ${span(row)} down and ${span(column)} to the right)`;
}

function columnsOf({ attention, neurons, map }: AttentionAnswer) {
  const cells = neurons.flatMap((neuron, i) =>
    cellsOf(map).map(({ row, column }) => {
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
