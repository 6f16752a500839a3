import { DESIGNS } from '../../network/architectures/designs.js';
import { describeUnit } from '../parts/response-unit.js';
import { useModel } from '../state/context.js';
import type { Card } from '../state/models.js';

/** Summarizes the model card in sentences. */
export function CardSummary() {
  const { card, name, version } = useModel();
  const { neurons, architecture, stimulus, training, members, response, calibration } = card;
  const known = neurons.map(({ CORR }) => CORR).filter((value) => value !== null);
  const mean = known.reduce((sum, value) => sum + value / known.length, 0);
  const scale = stimulus.degreesPerImage;
  return (
    <section class="panel card" aria-label="The model's card">
      <h2>
        {name}, version {version}
      </h2>
      <p>
        <b>{neurons.length}</b> {neurons.length === 1 ? 'neuron' : 'neurons'}
        {'data' in training ? ` of the site ${training.data.site}` : ''},{' '}
        {architecture.id === 'onnx'
          ? 'predicted by one imported network'
          : `each predicted by ${DESIGNS[architecture.id].description}`}{' '}
        (<code>{architecture.id}</code>). {describeTraining(training)}
        {members &&
          ` It is an ensemble of ${members.length} such models: what it predicts is the mean of its members.`}
        {calibration && ` ${describeIntervals(calibration)}`}
      </p>
      <p>
        {known.length > 0 ? (
          <>
            Predicted and recorded responses correlate at <b>{mean.toFixed(2)}</b> on average (
            {Math.min(...known).toFixed(2)} to {Math.max(...known).toFixed(2)}).
          </>
        ) : (
          'How well it predicts the recording has not been measured.'
        )}{' '}
        Stimuli are {stimulus.height} x {stimulus.width}{' '}
        {stimulus.channels === 1 ? 'gray pixels' : 'pixels in colour'}
        {scale === null ? '' : `, ${scale} degrees of visual angle across`}; responses{' '}
        {describeUnit(response.unit)}.
      </p>
      <p class="quiet">
        Digest <code class="digest">{card.digest}</code>
      </p>
    </section>
  );
}

/** Says which shares of the validation responses lay within the intervals. */
function describeIntervals({ intervals }: NonNullable<Card['calibration']>): string {
  const list = new Intl.ListFormat('en-GB');
  const percents = (key: 'nominal' | 'covered') =>
    list.format(intervals.map((interval) => `${Number((100 * interval[key]).toPrecision(3))}`));
  return (
    `Its intervals for ${percents('nominal')} % of responses cover ${percents('covered')} % of the ` +
    'responses to the validation images.'
  );
}

function describeTraining(training: Card['training']): string {
  if ('license' in training) {
    const { producer, source, license } = training;
    return `It is an .onnx file that ${producer} wrote. Source: ${source}. License: ${license}.`;
  }
  if ('importedFrom' in training)
    return `Its parameters were imported from ${training.importedFrom}.`;
  if (!('data' in training)) return 'Its parameters were drawn at random: it predicts nothing.';
  const { epochs, recipe, data, split } = training;
  const images = data.trainingImages.toLocaleString('en');
  const chosen =
    split === 'validation'
      ? ' The epoch of each network was chosen on the images that CORR is measured on, so CORR is optimistic.'
      : '';
  return `Trained for ${epochs} epochs on ${images} images with the recipe ${recipe}.${chosen}`;
}
