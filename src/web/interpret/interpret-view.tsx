import { Figure } from '../figures/figure.js';
import { imageAxes } from '../figures/image-shape.js';
import { Pixels } from '../figures/pixels.js';
import { NeuronPicker } from '../parts/neuron-picker.js';
import { FetchedView, Warnings } from '../parts/notices.js';
import { useModel, usePage } from '../state/context.js';
import { useLatest } from '../state/latest.js';
import { useNeurons } from '../state/neurons.js';
import { useStimulusChoice } from '../stimulus/chosen-stimulus.js';
import { contrastLabel } from '../stimulus/contrast-label.js';
import { type RenderedStimulus, renderStimulus } from '../stimulus/rendered-stimulus.js';
import { StimulusPanel } from '../stimulus/stimulus-panel.js';
import { AttentionFigure } from './attention-figure.js';
import { GradientFigure } from './gradient-figure.js';
import { NoGradient, NoReadout } from './imported.js';
import { fetchGradients, fetchInterpretation } from './interpretation.js';
import { PreferredSection } from './preferred-section.js';
import { TermsFigure } from './terms-figure.js';
import './interpret.css';

/** Shows attention, readout terms, gradients and preferred stimuli. */
export function InterpretView() {
  const { service } = usePage();
  const model = useModel();
  const choice = useStimulusChoice();
  const { ids } = useNeurons();
  const wanted = { service, model, chosen: choice.chosen, neurons: ids };
  const key = `${ids.join(',')} ${choice.text}`;
  // The stimulus has its own request, so that it appears before the computed maps.
  const rendered = useLatest(choice.text, (signal) =>
    renderStimulus(service, model, choice.chosen, signal),
  );
  const interpretation = useLatest(key, (signal) => fetchInterpretation(wanted, signal));
  const gradients = useLatest(key, (signal) => fetchGradients(wanted, signal));
  const frames = interpretation.value?.readout.stimuli.length ?? 1;
  return (
    <div class="interpret">
      <h2 class="hidden">Interpretation</h2>
      <div class="interpret-left">
        {rendered.value && <SeenStimulus rendered={rendered.value} frames={frames} />}
        <StimulusPanel choice={choice} />
      </div>
      <div class="interpret-main">
        <NeuronPicker />
        <div class="interpret-figures">
          <FetchedView fetched={interpretation} waiting="Computing attention and readout…">
            {(value) =>
              value === null ? (
                <NoReadout />
              ) : (
                <div class="interpretation-figures">
                  {value.attention ? (
                    <AttentionFigure interpretation={value} attention={value.attention} />
                  ) : (
                    <NoAttention />
                  )}
                  <TermsFigure interpretation={value} />
                </div>
              )
            }
          </FetchedView>
          {/* An error of the stimulus appears once. */}
          {!interpretation.error && (
            <FetchedView fetched={gradients} waiting="Computing the gradient…">
              {(value) => (value === null ? <NoGradient /> : <GradientFigure gradients={value} />)}
            </FetchedView>
          )}
        </div>
      </div>
      <PreferredSection />
    </div>
  );
}

function SeenStimulus({
  rendered,
  frames,
}: {
  readonly rendered: RenderedStimulus;
  readonly frames: number;
}) {
  const { card } = useModel();
  const { pixels, height, width, warnings, request } = rendered;
  return (
    <div>
      <Figure
        title="As the network sees it"
        name="stimulus"
        requests={[request]}
        array={{ data: pixels, shape: imageAxes(rendered) }}
        caption={
          `${height} x ${width} pixels, 0 black to 1 white. ${contrastLabel(rendered, card)}.` +
          (frames > 1
            ? ` Of the ${frames} frames of the sequence, the page shows only the first.`
            : '')
        }
      >
        <Pixels
          label="The stimulus, as the network sees it"
          values={pixels}
          height={height}
          width={width}
        />
      </Figure>
      <Warnings warnings={warnings} />
    </div>
  );
}

/** Missing attention is not an error. */
function NoAttention() {
  const { name, version, card } = useModel();
  return (
    <div class="notice">
      <p>
        The networks of {name}/{version} ({card.architecture.id}) have no attention, so there is no
        map. The contributions of centre and surround are below.
      </p>
    </div>
  );
}
