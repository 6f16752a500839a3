import { html } from 'hono/html';
import type { Evaluation } from '../evaluation.js';
import { listMeasures } from '../scores.js';
import { FORMULAS_BY_MEASURE } from '../table.js';
import type { Part } from './parts.js';

/** What the numbers are and where their formulas come from. */
export function methodsSection({ hasRepeats, k, validation, models }: Evaluation): Part {
  const counts = models.flatMap(({ neurons }) => neurons.flatMap(({ repeats }) => repeats ?? []));
  const [min, max] = [Math.min(...counts), Math.max(...counts)];
  return html`<h2 id="methods">Methods</h2>
<p>R is a neuron's real response to a validation image, P the predicted one; k = ${k}, 1 % of the
${validation.count} images.${
    validation.responses.some(Number.isNaN) &&
    ' Every number of a neuron, k too, is of the images that it was measured for; curves of the population have the ranks that all neurons have.'
  }</p>
<div class="scroll"><table>${listMeasures(hasRepeats).map(
    (measure) =>
      html`<tr><td>${measure}</td><td class="words">${FORMULAS_BY_MEASURE[measure]}</td></tr>
`,
  )}</table></div>
<p class="quiet">CORR, PT_J, PT_S, rank tuning and the decomposition: Lin et al. 2025.${
    hasRepeats &&
    html` Signal power (SP): Sahani and Linden 2003; CCmax, CCnorm: Schoppe et al. 2016; FEV, FEVE:
Cadena et al. 2019, the MSE over single trials; split-half: Spearman-Brown, halves drawn at random 100
times, an odd N leaving one repeat out of each. N repeats: ${
      min === max ? min : `${min} to ${max}`
    }. Where SP is not above 0, what rests on it is undefined; averages leave undefined values out.
Responses are taken as recorded, negative ones too.`
  }</p>`;
}
