import { html } from 'hono/html';
import { peakCount } from '../../../src/tuning/metrics.js';
import type { NeuronRankTuning } from '../../../src/tuning/rank.js';
import type { Evaluation, ModelEvaluation } from '../evaluation.js';
import { modelColour } from '../plots/figure.js';
import { drawTuningCurves, type PredictedCurve } from '../plots/tuning-curves.js';
import { average, decimals, FIT_MEASURES, scoreNeuron } from '../scores.js';
import { neuronIds } from '../table.js';
import {
  byCorr,
  figureElement,
  legend,
  modelEntries,
  type Part,
  responseUnit,
  spread,
} from './parts.js';

/**
 * Rank tuning curves, of the population and of neurons.
 * @param maxNeurons how many neurons are drawn
 */
export function tuningSection(evaluation: Evaluation, maxNeurons: number): Part {
  const { models, k } = evaluation;
  const entries = legend([
    { name: 'real', colour: 'var(--real)' },
    ...modelEntries(models).map((entry) => ({ ...entry, name: `${entry.name}, predicted` })),
    {
      name: `theta, the real response of rank ${k}`,
      colour: 'var(--real)',
      kind: 'dashed',
    },
    { name: `the peak, ${k} ${k === 1 ? 'image' : 'images'}`, colour: 'none', kind: 'block' },
  ]);
  const neurons = byCorr(neuronIds(models), (id) => meanCorr(id, models));
  const drawn = spread(neurons.length, maxNeurons).map((place) => neurons[place]!);
  const which =
    drawn.length < neurons.length
      ? `${drawn.length} of ${neurons.length} neurons, evenly spaced in the order of CORR, best first; ` +
        '--curves all draws all'
      : 'all neurons, in the order of CORR';
  return html`<h2 id="tuning">Rank tuning</h2>
<p>Each neuron's images in descending order of its real response; the real and the predicted response
at each rank. Thin lines are the predictions themselves, thick ones their mean over neighbouring
ranks.</p>
${entries}
<h3>Population</h3>
<p class="quiet">The mean over neurons at each rank, every neuron in its own order.</p>
<div class="row">${populations(evaluation)}</div>
<h3>Neurons</h3>
<p class="quiet">${which}.</p>
${entries}
<div class="grid">${drawn.map((id) => neuronFigure(id, evaluation))}</div>`;
}

/** One panel where all models predict the same neurons; otherwise one for each model. */
function populations({ models }: Evaluation): Part[] {
  const joinedIds = ({ neurons }: ModelEvaluation) => neuronIds([{ neurons }]).join();
  const alike = models.every((model) => joinedIds(model) === joinedIds(models[0]!));
  const groups = alike ? [models] : models.map((model) => [model]);
  return groups.map((group) => {
    const label = group.map((model) => model.label).join(', ');
    const real = group[0]!.tuning.population.real!;
    const svg = drawTuningCurves({
      ariaLabel: `Population rank tuning curve, real and predicted by ${label}`,
      real,
      predicted: group.map((model) => ({
        values: model.tuning.population.predicted,
        colour: modelColour(models.indexOf(model)),
      })),
      k: peakCount(real.length),
      unit: responseUnit(models),
      width: alike ? 720 : 520,
      height: 330,
    });
    return figureElement(
      svg,
      `mean of ${group[0]!.neurons.length} neurons${alike ? '' : `, ${label}`}`,
    );
  });
}

function neuronFigure(id: number, { models }: Evaluation): Part {
  const found = models.flatMap((model, index) => {
    const row = model.neurons.findIndex((neuron) => neuron.id === id);
    if (row < 0) return [];
    return [{ tuning: model.tuning.neurons[row]!, scores: model.neurons[row]!, index }];
  });
  const real = realCurve(found[0]!.tuning);
  const svg = drawTuningCurves({
    ariaLabel: `Rank tuning curve of neuron ${id}`,
    real,
    predicted: found.map(
      ({ tuning, index }): PredictedCurve => ({
        values: tuning.predicted,
        colour: modelColour(index),
      }),
    ),
    k: peakCount(real.length),
    unit: responseUnit(models),
    width: 340,
    height: 220,
  });
  const scores = found.map(
    ({ scores, index }) =>
      html`<div style="color:${modelColour(index)}">${FIT_MEASURES.map(
        (measure) => `${measure} ${decimals(scoreNeuron(scores, measure))}`,
      ).join('  ')}</div>`,
  );
  return figureElement(svg, `neuron ${id}`, scores);
}

/** The mean of a neuron's CORR over the models that have one. */
function meanCorr(id: number, models: readonly ModelEvaluation[]): number | null {
  const own = models.flatMap(({ neurons }) => neurons.filter((neuron) => neuron.id === id));
  return average(own, 'CORR').mean;
}

function realCurve({ real }: NeuronRankTuning): Float64Array {
  if (real === null) throw new Error('the tuning was ordered without real responses');
  return real;
}
