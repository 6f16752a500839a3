import { html } from 'hono/html';
import { nativeCard } from '../../../src/models/native-card.js';
import type { Decomposition } from '../decomposition.js';
import type { Evaluation, ModelEvaluation } from '../evaluation.js';
import { drawDecomposition, TERMS, termsDomain } from '../plots/decomposition-curves.js';
import { figureElement, legend, type Part, responseUnit } from './parts.js';

/** A model whose readout shows its terms. */
type Decomposed = ModelEvaluation & { readonly decomposition: Decomposition };

/** What the centre hypercolumn and the others add to the responses; nothing where all networks are imported. */
export function decompositionSection({ models: all }: Evaluation): Part {
  const models = all.flatMap((model): Decomposed[] => {
    const { decomposition } = model;
    return decomposition ? [{ ...model, decomposition }] : [];
  });
  const others = all.filter(({ decomposition }) => decomposition === null);
  if (models.length === 0) return html``;
  const domain = termsDomain(models.map(({ decomposition }) => decomposition));
  return html`<h2 id="decomposition">What the readout adds up</h2>
<p>The readout's sum taken apart into the term of the centre hypercolumn, the sum of the terms of all
other cells (the surround) and the bias. Images in descending order of the predicted response, each
neuron in its own order, averaged over neurons; thick lines are means over neighbouring ranks.</p>
${legend(
  TERMS.map(({ name, colour }) =>
    name === 'bias' ? { name, colour, kind: 'dashed' } : { name, colour },
  ),
)}
<div class="row">${models.map((model) => {
    const { label, decomposition } = model;
    const svg = drawDecomposition(label, decomposition, {
      unit: responseUnit([model]),
      width: 520,
      domain,
    });
    return figureElement(
      svg,
      label,
      html`<div style="max-width:520px">${figureCaption(model)}</div>`,
    );
  })}</div>
${
  others.length === 0
    ? ''
    : html`<p class="quiet">Imported networks do not show what their readout adds up: ${others.map(({ label }) => label).join(', ')}.</p>`
}`;
}

function figureCaption({ saved, decomposition }: Decomposed): string {
  const { architecture } = nativeCard(saved.card);
  const { readout, output } = architecture;
  const { centreShareOfPeak: share } = decomposition;
  const kinds = {
    full: 'A linear readout of the whole map.',
    centre: 'The readout sees the centre alone: the surround adds nothing.',
    gaussian: 'A linear readout of the map under a Gaussian mask.',
    whole: 'A linear readout of all places.',
    split:
      'Centre and surround have readouts of their own; their terms are taken through the combiner.',
  };
  const sentences = [
    kinds[readout],
    'betaKernel' in architecture &&
      architecture.betaKernel === 3 &&
      'Each cell also sees its neighbours, through two 3x3 convolutions.',
    output !== 'linear' && 'The sum is what the softplus is given.',
    share !== null &&
      readout !== 'centre' &&
      `Of the rise from the mean to the peak the centre makes ${percent(share)}, ` +
        `the surround ${percent(1 - share)}.`,
  ];
  return sentences.filter((sentence) => sentence !== false).join(' ');
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
