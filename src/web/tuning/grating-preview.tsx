import { Pixels } from '../figures/pixels.js';
import { FetchedView } from '../parts/notices.js';
import { useModel, usePage } from '../state/context.js';
import { useLatest } from '../state/latest.js';
import { contrastLabel } from '../stimulus/contrast-label.js';
import { renderStimulus } from '../stimulus/rendered-stimulus.js';

/** Shows the grating as the network receives it, with the swept parameter at its default. */
export function GratingPreview({
  fields,
  neuron,
}: {
  readonly fields: Readonly<Record<string, number>>;
  /** The neuron that prefers the grating, if any. */
  readonly neuron: number | undefined;
}) {
  const { service } = usePage();
  const model = useModel();
  const entry = { grating: fields };
  const fetched = useLatest(JSON.stringify(entry), (signal) =>
    renderStimulus(service, model, { entry }, signal),
  );
  return (
    <div class="preview">
      <FetchedView fetched={fetched} waiting="Drawing the grating…">
        {(rendered) => (
          <figure>
            <Pixels
              label="The grating, as the network sees it"
              values={rendered.pixels}
              height={rendered.height}
              width={rendered.width}
            />
            <figcaption class="quiet">
              {`${neuron === undefined ? 'As' : `For neuron ${neuron}, as`} the network sees it. ${contrastLabel(rendered, model.card)}.`}
            </figcaption>
          </figure>
        )}
      </FetchedView>
    </div>
  );
}
