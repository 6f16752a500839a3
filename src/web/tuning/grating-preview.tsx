import { Pixels } from '../figures/pixels.js';
import { AskedView } from '../parts/notices.js';
import { useModel, usePage } from '../state/context.js';
import { useLatest } from '../state/latest.js';
import { contrastWords } from '../stimulus/contrast-words.js';
import { showStimulus } from '../stimulus/shown-stimulus.js';

/** The grating as the network sees it, with what is swept at a usual value. */
export function GratingPreview({
  fields,
  neuron,
}: {
  readonly fields: Readonly<Record<string, number>>;
  /** Whose own grating it is. */
  readonly neuron: number | undefined;
}) {
  const { service } = usePage();
  const model = useModel();
  const entry = { grating: fields };
  const asked = useLatest(JSON.stringify(entry), (signal) =>
    showStimulus(service, model, { entry }, signal),
  );
  return (
    <div class="preview">
      <AskedView asked={asked} waiting="Drawing the grating…">
        {(shown) => (
          <figure>
            <Pixels
              label="The grating, as the network sees it"
              values={shown.pixels}
              height={shown.height}
              width={shown.width}
            />
            <figcaption class="quiet">
              {`${neuron === undefined ? 'As' : `For neuron ${neuron}, as`} the network sees it. ${contrastWords(shown, model.card)}.`}
            </figcaption>
          </figure>
        )}
      </AskedView>
    </div>
  );
}
