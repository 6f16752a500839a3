import type { TrainReport } from '../../datasets/train-request.js';
import { Figure } from '../figures/figure.js';
import { seconds } from '../parts/numbers.js';
import type { Answered } from '../service/service.js';

/** Shows how well a new model predicts each neuron, and leads to its neurons. */
export function Trained({
  answer: { value, request },
}: {
  readonly answer: Answered<TrainReport>;
}) {
  const { model, neurons, seconds: time } = value;
  const id = `${model.name}/${model.version}`;
  const rows = neurons.toSorted((a, b) => (b.CORR ?? -2) - (a.CORR ?? -2));
  const known = rows.flatMap(({ CORR }) => (CORR === null ? [] : [CORR]));
  const mean = known.reduce((sum, CORR) => sum + CORR / known.length, 0);
  return (
    <>
      <p class="trained">
        <strong>{id}</strong> is trained, in {seconds(time)}.{' '}
        {known.length > 0 && `Its mean CORR is ${mean.toFixed(3)}.`}
      </p>
      <p>
        {/* The page is loaded again, and its list of models with it. */}
        <a class="go" href={`?${new URLSearchParams({ model: id, view: 'neurons' })}`}>
          Go to the neurons of {id}
        </a>
      </p>
      <Figure
        title={`${neurons.length} ${neurons.length === 1 ? 'neuron' : 'neurons'}, the best predicted first`}
        name={`${model.name}-${model.version}`}
        drawn={false}
        columns={{
          neuron: rows.map((row) => row.id),
          CORR: rows.map(({ CORR }) => CORR),
          noiseCeiling: rows.map(({ noiseCeiling }) => noiseCeiling),
          keptEpoch: rows.map(({ keptEpoch }) => keptEpoch),
        }}
        requests={[request]}
        caption="CORR is the correlation of predicted and recorded responses to the validation images. The noise ceiling is the largest CORR that the noise of the recording allows, where images were repeated."
      >
        <section class="scrolls fits" aria-label="CORR of each neuron">
          <table>
            <thead>
              <tr>
                {['neuron', 'CORR', 'noise ceiling', 'kept epoch'].map((name) => (
                  <th key={name} scope="col" class="number">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.id}>
                  <th scope="row" class="number">
                    {row.id}
                  </th>
                  <td class="number">{row.CORR?.toFixed(3) ?? 'undefined'}</td>
                  <td class="number">{row.noiseCeiling?.toFixed(3) ?? '–'}</td>
                  <td class="number">{row.keptEpoch ?? '–'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </Figure>
    </>
  );
}
