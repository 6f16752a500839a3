import { html } from 'hono/html';
import type { Evaluation, ModelEvaluation } from '../evaluation.js';
import { drawDistribution, drawScatter } from '../plots/distributions.js';
import { modelColour } from '../plots/figure.js';
import {
  type Average,
  average,
  averageOfMembers,
  decimals,
  listMeasures,
  type Measure,
  MODEL_MEASURES,
  scoreNeuron,
} from '../scores.js';
import { figureElement, legend, modelEntries, type Part } from './parts.js';

/** Which models, on which data, and how their epochs were chosen. */
export function modelsSection({ models }: Evaluation): Part {
  const optimistic = models.filter(({ provenance }) => provenance.optimistic);
  return html`<div class="scroll"><table>
<tr><th>model</th><th class="words">network</th><th>neurons</th><th class="words">this site's files</th>
<th class="words">selection</th><th>digest</th></tr>
${models.map(
  ({ label, saved, provenance }, index) => html`<tr>
<td><span class="swatch" style="border-color:${modelColour(index)}"></span>${label}</td>
<td class="words">${saved.card.architecture.id}</td><td>${saved.card.neurons.length}</td>
<td class="words">${provenance.data}</td><td class="words">${describeSelection(provenance)}</td>
<td><code>${saved.digest.slice(0, 12)}</code></td></tr>
`,
)}</table></div>
${
  optimistic.length > 0 &&
  html`<p class="note">CORR of ${optimistic.map(({ label }) => label).join(', ')} is optimistic: the
images it is measured on are those that it was trained on, or by which each neuron's best epoch was
chosen.</p>`
}`;
}

/** The averages, how the scores are spread, and models and ceilings against each other. */
export function fitSection(evaluation: Evaluation): Part {
  const { models, hasRepeats } = evaluation;
  const measures = listMeasures(hasRepeats);
  return html`<h2 id="fit">How well the neurons are predicted</h2>
<p class="quiet">Mean over neurons ± its standard error, and the median in brackets.</p>
<div class="scroll"><table>
<tr><th class="words">model</th>${measures.map((measure) => html`<th>${measure}</th>`)}</tr>
${models.map(
  ({ label, neurons, members }) => html`<tr><td class="words">${label}</td>${measures.map(
    (measure) => averageCell(average(neurons, measure), neurons.length),
  )}</tr>
${
  members.length > 0 &&
  html`<tr><td class="words">mean of its ${members.length} members</td>${measures.map(
    (measure) => html`<td>${decimals(averageOfMembers(members, measure))}</td>`,
  )}</tr>
`
}`,
)}</table></div>
${legend(modelEntries(models))}
<div class="row">${measures
    .filter((measure) => MODEL_MEASURES.includes(measure))
    .map((measure) => figureElement(drawDistribution(models, measure)))}</div>
${comparisons(evaluation)}`;
}

/** @param all neurons, those for which the measure is undefined among them */
function averageCell({ neurons, mean, median, standardError }: Average, all: number): Part {
  const undefinedFor = all - neurons;
  return html`<td>${decimals(mean)}${
    standardError !== null && html` <small>± ${decimals(standardError)}</small>`
  }<br>(${decimals(median)})${
    undefinedFor > 0 && html` <small>undefined for ${undefinedFor}</small>`
  }</td>`;
}

/** The scores of every neuron. */
export function neuronsSection({ models, hasRepeats }: Evaluation): Part {
  const measures = listMeasures(hasRepeats);
  const rows = models.flatMap(({ label, neurons }) => neurons.map((neuron) => ({ label, neuron })));
  rows.sort((a, b) => a.neuron.id - b.neuron.id);
  return html`<h2 id="neurons">Every neuron</h2>
<details ${rows.length <= 40 ? 'open' : ''}><summary>${rows.length} rows, also in table.csv</summary>
<div class="scroll"><table>
<tr><th>neuron</th><th class="words">model</th><th>epoch</th>${measures.map(
    (measure) => html`<th>${measure}</th>`,
  )}</tr>
${rows.map(
  ({ label, neuron }) => html`<tr><td>${neuron.id}</td><td class="words">${label}</td>
<td>${neuron.keptEpoch ?? '-'}</td>${measures.map((measure) => {
    const score = neuron.scores[measure];
    const why = score?.value === null ? score.reason : '';
    return html`<td title="${why}">${decimals(scoreNeuron(neuron, measure))}</td>`;
  })}</tr>
`,
)}</table></div></details>`;
}

function describeSelection({ selection, stopped }: ModelEvaluation['provenance']): string {
  if (stopped === 0) return selection;
  return `${selection}; the training of ${stopped} ended before the others'`;
}

/** Scatter plots: neuron by neuron against the first model, and against the noise ceiling. */
function comparisons({ models, hasRepeats }: Evaluation): Part {
  const [first, ...others] = models;
  const against = others.flatMap((model, i) => {
    const points = pairs(first!, 'CORR', model, 'CORR', modelColour(i + 1));
    if (points.length === 0) return [];
    const [x, y] = [`CORR of ${first!.label}`, `CORR of ${model.label}`];
    const higher = points.filter((point) => point.y > point.x).length;
    const caption = `${model.label} is higher for ${higher} of ${points.length} neurons`;
    return [
      figureElement(drawScatter({ ariaLabel: `${y} against ${x}`, points, x, y }), '', caption),
    ];
  });
  const ceilings = hasRepeats
    ? [
        figureElement(
          drawScatter({
            ariaLabel: 'CORR against the noise ceiling CCmax',
            points: models.flatMap((model, i) =>
              pairs(model, 'CCmax', model, 'CORR', modelColour(i)),
            ),
            x: 'noise ceiling CCmax',
            y: 'CORR',
          }),
          '',
          'a perfect model would lie on the dashed line, up to noise',
        ),
      ]
    : [];
  const all = [...against, ...ceilings];
  return all.length === 0 ? html`` : html`<h3>Neuron by neuron</h3><div class="row">${all}</div>`;
}

/** The neurons that both models have, with a measure of each. */
function pairs(a: ModelEvaluation, x: Measure, b: ModelEvaluation, y: Measure, colour: string) {
  return a.neurons.flatMap((neuron) => {
    const other = b.neurons.find(({ id }) => id === neuron.id);
    const values = [scoreNeuron(neuron, x), other ? scoreNeuron(other, y) : null] as const;
    return values[0] === null || values[1] === null ? [] : [{ x: values[0], y: values[1], colour }];
  });
}
