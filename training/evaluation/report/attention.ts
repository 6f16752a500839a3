import { html, raw } from 'hono/html';
import { MEAN_DISTANCE, ofEvenAttention } from '../../../src/interpret/attention.js';
import type { Evaluation, ModelEvaluation } from '../evaluation.js';
import {
  divergingScale,
  drawAttendedImage,
  drawAttentionMap,
  type HeatScale,
  sequentialScale,
} from '../plots/attention-maps.js';
import type { Attention, NeuronAttention } from '../prediction.js';
import { decimals, scoreNeuron } from '../scores.js';
import { byCorr, figureElement, type Part, spread } from './parts.js';

/** Neurons whose images are drawn, and images of each. */
const MAX_NEURONS = 6;
const MAX_IMAGES = 4;
/** Colour scales end at this multiple of even attention or higher, so that almost even attention stays pale. */
const MIN_SCALE_END = 2;

/** A model that has attention. */
type Attending = ModelEvaluation & { readonly attention: Attention };

/** Where the centre hypercolumn attends, of the models that have attention. */
export async function attentionSection(evaluation: Evaluation): Promise<Part> {
  const parts: Part[] = [];
  for (const [index, model] of evaluation.models.entries()) {
    if (!model.attention) continue;
    const attending = { ...model, attention: model.attention };
    parts.push(meanMaps(attending, evaluation));
    parts.push(await topImages(attending, evaluation, `model${index}`));
  }
  if (parts.length === 0) return html``;
  return html`<h2 id="attention">Where the centre attends</h2>
<p>The centre hypercolumn's row of the attention matrix, drawn over the image at the places of the
hypercolumns' receptive fields (16x16 pixels each, of which the tile is the middle). In multiples of
what each would be given if attention were even.</p>
${parts}`;
}

/** Means over neurons: for their top images, for all images, and how the two differ. */
function meanMaps({ label, neurons, attention }: Attending, { validation }: Evaluation): Part {
  const { map, neurons: attended } = attention;
  const cells = map.height * map.width;
  const atPeak = relativeToEven(meanMap(attended.map(meanOfTop)));
  const overall = relativeToEven(meanMap(attended.map(({ mean }) => mean)));
  const change = atPeak.map((value, cell) => value - overall[cell]!);
  const scale = sequentialScale(Math.max(MIN_SCALE_END, ...overall, ...atPeak));
  const changeScale = divergingScale(Math.max(0.1, ...change.map(Math.abs)));
  const maps = [
    { title: `each neuron's top ${attended[0]!.top.length} images`, values: atPeak, scale },
    { title: 'all images', values: overall, scale },
    { title: 'the first minus the second', values: change, scale: changeScale },
  ];
  const distance = (values: Float64Array) =>
    MEAN_DISTANCE.measure(
      values.map((value) => value / cells),
      map,
    ).toFixed(1);
  return html`<h3>${label}, mean over ${neurons.length} neurons</h3>
<div class="row">${maps.map(({ title, values, scale }) => {
    const svg = drawAttentionMap(`Attention of ${label}, ${title}`, values, map, validation, scale);
    return html`<div>${figureElement(svg, title)}${scaleBar(scale)}</div>`;
  })}</div>
<p class="quiet">The centre is framed. Mean distance from it to where it attends:
${distance(atPeak)} pixels for the top images, ${distance(overall)} for all,
${ofEvenAttention(MEAN_DISTANCE, map).toFixed(1)} if it were even.</p>`;
}

/** The images of the strongest predicted responses of some neurons, with attention over them. */
async function topImages(
  { neurons, attention }: Attending,
  { validation }: Evaluation,
  name: string,
): Promise<Part> {
  const { map, neurons: attended } = attention;
  const best = byCorr(neurons, (neuron) => scoreNeuron(neuron, 'CORR'));
  const drawn = spread(best.length, MAX_NEURONS).map((place) => best[place]!);
  const parts: Part[] = [];
  for (const neuron of drawn) {
    const { id } = neuron;
    const top = attended[neurons.indexOf(neuron)]!.top.slice(0, MAX_IMAGES);
    const rows = top.map((each) => relativeToEven(each.attention));
    const max = Math.max(MIN_SCALE_END, ...rows.map((row) => Math.max(...row)));
    const figures: Part[] = [];
    for (const [i, { image, response }] of top.entries()) {
      const stimulus = await validation.stimuli([image]);
      const svg = await drawAttendedImage(`${name}-${id}-${i}`, stimulus, rows[i]!, map, max);
      const real = validation.responses[image * validation.neurons + id]!;
      const found = Number.isNaN(real) ? 'not measured' : `real ${real.toFixed(2)}`;
      const caption = `image ${image}: predicted ${response.toFixed(2)}, ${found}`;
      figures.push(figureElement(svg, '', caption));
    }
    parts.push(html`<p><b>neuron ${id}</b>, CORR ${decimals(scoreNeuron(neuron, 'CORR'))};
full colour from ${max.toFixed(1)} × even</p><div class="images">${figures}</div>`);
  }
  const which = drawn.length < neurons.length ? ' evenly spaced in the order of CORR' : '';
  return html`<p class="quiet">The images with the strongest predicted responses of ${drawn.length}
${drawn.length === 1 ? 'neuron' : 'neurons'}${which}, with the centre's receptive field; next to each,
the image with attention over it, where it is more than even.</p>
${parts}`;
}

function scaleBar({ domain: [min, max], colour }: HeatScale): Part {
  const stops = Array.from({ length: 11 }, (_, i) => colour(min + ((max - min) * i) / 10));
  const sign = min < 0 ? '+' : '';
  const short = (value: number) => value.toFixed(max < 1 ? 2 : 1);
  return html`<div class="scale">${short(min)}<b style="background:linear-gradient(to right,
${raw(stops.join(','))})"></b>${sign}${short(max)} × even</div>`;
}

function relativeToEven(attention: Float32Array | Float64Array): Float64Array {
  return Float64Array.from(attention, (share) => share * attention.length);
}

/** [cells] */
function meanOfTop({ top }: NeuronAttention): Float64Array {
  return meanMap(top.map(({ attention }) => attention));
}

function meanMap(maps: readonly (Float32Array | Float64Array)[]): Float64Array {
  const mean = new Float64Array(maps[0]!.length);
  for (const map of maps) {
    for (let cell = 0; cell < mean.length; cell++) mean[cell]! += map[cell]! / maps.length;
  }
  return mean;
}
