import { Figure } from '../figures/figure.js';
import { Pixels } from '../figures/pixels.js';
import { NeuronPicker } from '../parts/neuron-picker.js';
import { AskedView, Warnings } from '../parts/notices.js';
import { useModel, usePage } from '../state/context.js';
import { useLatest } from '../state/latest.js';
import { useNeurons } from '../state/neurons.js';
import { useStimulusChoice } from '../stimulus/chosen-stimulus.js';
import { contrastWords } from '../stimulus/contrast-words.js';
import { type ShownStimulus, showStimulus } from '../stimulus/shown-stimulus.js';
import { StimulusPanel } from '../stimulus/stimulus-panel.js';
import { askGradients, askLook } from './ask.js';
import { AttentionFigure } from './attention-figure.js';
import { GradientFigure } from './gradient-figure.js';
import { PreferredSection } from './preferred-section.js';
import { TermsFigure } from './terms-figure.js';
import './inside.css';

/** What goes on between a stimulus and the responses, and the stimuli that raise these most. */
export function InsideView() {
  const { service } = usePage();
  const model = useModel();
  const choice = useStimulusChoice();
  const { ids } = useNeurons();
  const question = { service, model, chosen: choice.chosen, neurons: ids };
  const key = `${ids.join(',')} ${choice.text}`;
  // by itself: it is there before anything is computed
  const shown = useLatest(choice.text, (signal) =>
    showStimulus(service, model, choice.chosen, signal),
  );
  const look = useLatest(key, (signal) => askLook(question, signal));
  const gradients = useLatest(key, (signal) => askGradients(question, signal));
  const frames = look.value?.readout.stimuli.length ?? 1;
  return (
    <div class="inside">
      <h2 class="hidden">Inside</h2>
      <div class="inside-left">
        {shown.value && <SeenStimulus shown={shown.value} frames={frames} />}
        <StimulusPanel choice={choice} />
      </div>
      <div class="inside-main">
        <NeuronPicker />
        <div class="inside-figures">
          <AskedView asked={look} waiting="Computing attention and readout…">
            {(value) => (
              <div class="look-figures">
                {value.attention ? (
                  <AttentionFigure look={value} attention={value.attention} />
                ) : (
                  <NoAttention />
                )}
                <TermsFigure look={value} />
              </div>
            )}
          </AskedView>
          {/* what is wrong with the stimulus is said once */}
          {!look.error && (
            <AskedView asked={gradients} waiting="Computing the gradient…">
              {(value) => <GradientFigure gradients={value} />}
            </AskedView>
          )}
        </div>
      </div>
      <PreferredSection />
    </div>
  );
}

function SeenStimulus({
  shown,
  frames,
}: {
  readonly shown: ShownStimulus;
  readonly frames: number;
}) {
  const { card } = useModel();
  const { pixels, height, width, warnings, request } = shown;
  return (
    <div>
      <Figure
        title="As the network sees it"
        name="stimulus"
        requests={[request]}
        array={{ data: pixels, shape: [height, width] }}
        caption={
          `${height} x ${width} pixels, 0 black to 1 white. ${contrastWords(shown, card)}.` +
          (frames > 1 ? ` Of the ${frames} frames of the sequence, only the first is shown.` : '')
        }
      >
        <Pixels
          label="The stimulus, as the network sees it"
          values={pixels}
          {...{ height, width }}
        />
      </Figure>
      <Warnings warnings={warnings} />
    </div>
  );
}

/** Said quietly: nothing is wrong. */
function NoAttention() {
  const { name, version, card } = useModel();
  return (
    <div class="notice">
      <p>
        The networks of {name}/{version} ({card.architecture.id}) have no attention, and so no map
        of it. The contributions of centre and surround are below.
      </p>
    </div>
  );
}
