import { useState } from 'preact/hooks';
import { FileField, Segments } from '../parts/fields.js';
import { Failed, Waiting } from '../parts/notices.js';
import { useModel, usePage } from '../state/context.js';
import { useObjectUrl } from '../state/object-url.js';
import { type FileFit, storeImages } from '../state/stored-sets.js';
import type { StimulusChoice } from './chosen-stimulus.js';

const FITS: readonly (readonly [FileFit, string])[] = [
  ['crop', 'Cut out the centre'],
  ['resize', 'Resize'],
  ['stretch', 'Stretch'],
];

interface OwnImageProps {
  readonly choice: StimulusChoice;
  readonly onChosen: () => void;
}

/** Takes the user's images. The service stores them, so that the address can name them. */
export function OwnImage({ choice, onChosen }: OwnImageProps) {
  const { service } = usePage();
  const model = useModel();
  const [fit, setFit] = useState<FileFit>('crop');
  const [files, setFiles] = useState<readonly File[]>([]);
  const [state, setState] = useState<{ readonly busy: boolean; readonly error?: Error }>({
    busy: false,
  });
  const store = async (chosen: readonly File[], by: FileFit) => {
    setFiles(chosen);
    setFit(by);
    setState({ busy: true });
    const name = chosen.map((file) => file.name).join(', ');
    try {
      choice.choose({ set: await storeImages(service, model, chosen, by), index: 0, name });
      onChosen();
      setState({ busy: false });
    } catch (error) {
      const reason = (error as Error).message;
      const message = `${name} cannot be used: ${reason}. The previous stimulus is still on display.`;
      setState({ busy: false, error: new Error(message) });
    }
  };
  const { height, width, channels } = model.card.stimulus;
  return (
    <FileField
      label="Or drop an image here: PNG, JPEG, WebP, TIFF or .npy"
      accept="image/png,image/jpeg,image/webp,image/tiff,.npy"
      multiple
      onFiles={(dropped) => void store(dropped, fit)}
    >
      <span class="quiet">
        The model sees {height} x {width} {channels === 1 ? 'gray pixels' : 'pixels in colour'}. Fit
        an image of another size:
      </span>
      <Segments
        label="How an image of another size is fitted"
        value={fit}
        options={FITS}
        onValue={(by) => {
          if (files.length > 0) void store(files, by);
          else setFit(by);
        }}
      />
      {state.busy && <Waiting>Sending the image…</Waiting>}
      {state.error && <Failed error={state.error} />}
      {!state.error && files[0] && <Original file={files[0]} />}
    </FileField>
  );
}

/** Shows the original image next to the network input; nothing if the file is not an image. */
function Original({ file }: { readonly file: File }) {
  const url = useObjectUrl(file);
  if (url === undefined) return null;
  return (
    <figure class="original">
      <img
        src={url}
        alt={`The original, ${file.name}`}
        onError={(event) => {
          event.currentTarget.hidden = true;
        }}
      />
      <figcaption class="quiet">The original, {file.name}</figcaption>
    </figure>
  );
}
