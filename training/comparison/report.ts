import * as Plot from '@observablehq/plot';
import { html } from 'hono/html';
import { draw, FAINT } from '../evaluation/plots/figure.js';
import { framePage } from '../evaluation/report/frame.js';
import { figureElement, type Part } from '../evaluation/report/parts.js';
import { FORMULAS_BY_MEASURE } from '../evaluation/table.js';
import type { ComparedRecipe, Comparison } from './comparison.js';
import type { Compared } from './measures.js';
import { duration, leftOutLines, millions, show } from './table.js';

/**
 * The comparison as one HTML page, which needs no script and no other file.
 * @param made when, and by which version of this program: `0.1.0, 2025-01-31`
 */
export async function reportPage(comparison: Comparison, made: string): Promise<string> {
  const { site, recipes, measures, neurons, seeds, trainingImages, validationImages } = comparison;
  const title = `Site ${site}: ${recipes.map(({ recipe }) => recipe).join(', ')}`;
  const content = html`<p class="quiet">${neurons.length} neurons, ${trainingImages} training and ${validationImages} validation images,
${seeds} ${seeds === 1 ? 'seed' : 'seeds'} of each recipe on the same split</p>
${measures.map((measure) => measureSection(comparison, measure))}
${costSection(comparison)}
${neuronsSection(comparison)}
${methodsSection(comparison)}`;
  return await framePage(title, content, made);
}

function measureSection({ recipes, seeds }: Comparison, measure: Compared): Part {
  const best = findBest(recipes, measure);
  const first = recipes[0]!.recipe;
  const isBounded = measure !== 'CORR'; // which is from -1 to 1 whatever the noise
  return html`<h2 id="${measure}">${measure}</h2>
<div class="scroll"><table>
<tr><th class="words">recipe</th><th>mean</th><th>95 % interval</th><th>sd over seeds</th>${isBounded && html`<th>clipped to 0..1</th>`}
<th>mean of ${seeds} seeds' predictions</th><th>less ${first}</th><th>95 % interval</th></tr>
${recipes.map(({ recipe, scores }) => {
  const { mean, interval, seedDeviation, clipped, ensemble, difference } = scores[measure]!;
  const name = recipe === best.recipe ? html`<b>${recipe}</b>` : recipe;
  return html`<tr><td class="words">${name}</td><td>${show(mean)}</td><td>${show(interval)}</td>
<td>${show(seedDeviation)}</td>${isBounded && html`<td>${show(clipped)}</td>`}<td>${show(ensemble)}</td>
<td>${show(difference?.mean ?? null)}</td><td>${show(difference?.interval ?? null)}</td></tr>
`;
})}</table></div>
${figureElement(drawIntervals(recipes, measure))}`;
}

/** The recipe with the highest mean of a measure. */
function findBest(recipes: readonly ComparedRecipe[], measure: Compared): ComparedRecipe {
  const mean = ({ scores }: ComparedRecipe) => scores[measure]!.mean ?? -Infinity;
  return recipes.reduce((best, each) => (mean(each) > mean(best) ? each : best));
}

/** The mean of each recipe with its interval. */
function drawIntervals(recipes: Comparison['recipes'], measure: Compared): string {
  const rows = recipes.flatMap(({ recipe, scores }) => {
    const { mean, interval } = scores[measure]!;
    return mean === null
      ? []
      : [{ recipe, mean, low: interval?.[0] ?? mean, high: interval?.[1] ?? mean }];
  });
  return draw({
    ariaLabel: `${measure} of each recipe, with its 95 % interval`,
    width: 620,
    height: 60 + 26 * recipes.length,
    marginLeft: 190,
    marginBottom: 36,
    x: { label: measure, labelAnchor: 'center', nice: true },
    y: { label: null, domain: recipes.map(({ recipe }) => recipe) },
    marks: [
      Plot.gridX({ stroke: FAINT }),
      Plot.ruleY(rows, {
        y: 'recipe',
        x1: 'low',
        x2: 'high',
        stroke: 'var(--model-0)',
        strokeWidth: 2,
      }),
      Plot.dot(rows, { y: 'recipe', x: 'mean', fill: 'var(--model-0)', r: 4 }),
    ],
  });
}

function costSection({ recipes, neurons }: Comparison): Part {
  return html`<h2 id="cost">What it costs</h2>
<div class="scroll"><table>
<tr><th class="words">recipe</th><th>multiply-adds an image</th><th>parameters</th><th>training of a seed</th></tr>
${recipes.map(
  ({
    recipe,
    cost,
  }) => html`<tr><td class="words">${recipe}</td><td>${millions(cost.multiplications)}</td>
<td>${cost.parameters}</td><td>${duration(cost.seconds)}</td></tr>
`,
)}</table></div>
<p class="quiet">Of all ${neurons.length} neurons, by one seed. The time is what the training took on the machine and at the
load of that day.</p>`;
}

function neuronsSection(comparison: Comparison): Part {
  const { recipes, measures, neurons } = comparison;
  const noisy = neurons.filter(({ isNoisy }) => isNoisy);
  const leftOut = leftOutLines(comparison);
  return html`<h2 id="neurons">Every neuron</h2>
${leftOut.map((line) => html`<p class="note">${line}</p>`)}
${
  noisy.length > 0 &&
  html`<p class="note">The noise exceeds the signal (FEV below 1/2) in ${noisy.length} of ${neurons.length} neurons, marked
with *. Their CCnorm and FEVE can be far from 0 to 1; the clipped means above bound them.</p>`
}
<details ${neurons.length <= 40 ? 'open' : ''}><summary>${neurons.length} neurons, also in table.csv</summary>
<div class="scroll"><table>
<tr><th>neuron</th>${measures.flatMap((measure) =>
    recipes.map(({ recipe }) => html`<th>${measure} ${recipe}</th>`),
  )}</tr>
${neurons.map(
  ({ id, isNoisy }, i) => html`<tr><td>${id}${isNoisy ? '*' : ''}</td>${measures.flatMap(
    (measure) =>
      recipes.map(({ scores }) => {
        const score = scores[measure]!.neurons[i]!;
        return html`<td title="${score.value === null ? score.reason : ''}">${show(score.value)}</td>`;
      }),
  )}</tr>
`,
)}</table></div></details>`;
}

function methodsSection({ measures, draws, seeds }: Comparison): Part {
  return html`<h2 id="methods">Methods</h2>
<p>R is a neuron's real response to a validation image, P the predicted one. Means are over neurons and over seeds. The
95 % intervals are those of the percentile bootstrap (Efron 1979): ${draws} draws of the validation images with
replacement, the same for all recipes, so that a difference is taken draw by draw. They say how much the mean would change
with other images, not with other neurons. ${
    seeds > 1 &&
    'All seeds of all recipes hold out the same training images, on which each kept epoch is chosen.'
  }</p>
<div class="scroll"><table>${measures.map(
    (
      measure,
    ) => html`<tr><td>${measure}</td><td class="words">${FORMULAS_BY_MEASURE[measure]}</td></tr>
`,
  )}</table></div>`;
}
